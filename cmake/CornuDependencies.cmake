# The system packages that Cornu builds with; docs/dependencies.md gives the reason for each.
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(OpenMP REQUIRED)
find_package(CURL REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(CLI11 REQUIRED)

# A library found by name and header: oneDNN's and HDF5's own CMake files are unusable on Debian 12 (the first wants OpenCL's
# headers, the second runs a compiler wrapper).
function(cornu_find_library target header)
  cmake_parse_arguments(arg "" "" "NAMES;SUFFIXES" ${ARGN})
  find_library(${target}_LIBRARY NAMES ${arg_NAMES} REQUIRED)
  find_path(${target}_INCLUDE ${header} PATH_SUFFIXES ${arg_SUFFIXES} REQUIRED)
  add_library(${target} INTERFACE)
  target_link_libraries(${target} INTERFACE ${${target}_LIBRARY})
  target_include_directories(${target} SYSTEM INTERFACE ${${target}_INCLUDE})
endfunction()

cornu_find_library(cornu_dnnl oneapi/dnnl/dnnl.hpp NAMES dnnl)
cornu_find_library(cornu_hdf5 hdf5.h NAMES hdf5_serial hdf5 SUFFIXES hdf5/serial)
cornu_find_library(cornu_zip zip.h NAMES zip)

# The first appear in Cornu's headers, so that a user of the installed library needs them too.
set(cornu_public_dependencies fmt::fmt nlohmann_json::nlohmann_json)
set(cornu_private_dependencies spdlog::spdlog OpenMP::OpenMP_CXX cornu_dnnl cornu_hdf5 cornu_zip CURL::libcurl OpenSSL::Crypto
                               ZLIB::ZLIB)
