# Compiler settings shared by every target.
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

# ccache accepts precompiled headers only with these settings.
find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess> "$<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>")
endif()

find_program(MOLD mold)
if(MOLD AND CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang" AND NOT CORNU_SANITIZE)
  add_link_options(-fuse-ld=mold)
endif()

# Messages and debug information name sources from the root of the project: what is installed does not know where it was built.
add_compile_options(-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)

set(cornu_warnings -Wall -Wextra -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  list(APPEND cornu_warnings -Wno-restrict)  # g++ 12 warns of its own std::string
endif()
if(CORNU_WERROR)
  list(APPEND cornu_warnings -Werror)
endif()

# The same arithmetic everywhere: a multiply-add is fused only where the program says so.
set(cornu_floating_point -ffp-contract=off -fno-math-errno -fno-trapping-math)

# What is not hot compiles faster with less optimization than a release has by default.
function(cornu_optimize target level)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:${level}>)
endfunction()

# What nearly every file includes, parsed once a target; none of our own headers, so that no edit invalidates it.
set(cornu_common_headers <fmt/format.h> <algorithm> <functional> <map> <memory> <optional> <string> <unordered_map> <variant>
                         <vector>)

function(cornu_precompile target)
  if(CORNU_PRECOMPILE)
    target_precompile_headers(${target} PRIVATE ${ARGN})
  endif()
endfunction()

# A few files of a room (the first `depth` parts of their path) make one translation unit: most of a file's time goes to headers
# and templates that its neighbours share. A new file moves none of another room. Files that name their parts alike stay alone.
function(cornu_unite target depth)
  if(NOT CORNU_UNITY)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  get_target_property(sources ${target} SOURCES)
  foreach(source ${sources})
    cmake_path(RELATIVE_PATH source BASE_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE path)
    string(REPLACE "/" ";" parts ${path})
    list(POP_BACK parts)
    list(SUBLIST parts 0 ${depth} room)
    string(MAKE_C_IDENTIFIER "${room}" room)
    if(room IN_LIST ARGN)
      continue()
    endif()
    math(EXPR group "0${count_${room}} / 5")
    math(EXPR count_${room} "0${count_${room}} + 1")
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${room}_${group})
  endforeach()
endfunction()

# A part of the library, compiled once for the library and for the tests (which reach what the library hides).
function(cornu_objects target level)
  add_library(${target} OBJECT ${ARGN})
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${target} PUBLIC ${cornu_public_dependencies} ${cornu_private_dependencies})
  target_compile_options(${target} PRIVATE ${cornu_warnings} ${cornu_floating_point})
  cornu_optimize(${target} ${level})
  cornu_precompile(${target} ${cornu_common_headers})
endfunction()

# Gives what is linked into a build folder the data files that an installed library finds under share/.
function(cornu_link_data folder)
  file(MAKE_DIRECTORY ${folder}/share/cornu)
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/cornu/keras/datasets/mnist_sample ${folder}/share/cornu/mnist SYMBOLIC)
  foreach(data cuda_packages.json gpus)
    file(CREATE_LINK ${PROJECT_SOURCE_DIR}/share/${data} ${folder}/share/cornu/${data} SYMBOLIC)
  endforeach()
endfunction()

# A report by a sanitizer ends the program, so that the test fails.
if(CORNU_SANITIZE)
  set(cornu_sanitize_flags -fsanitize=${CORNU_SANITIZE})
  add_compile_options(${cornu_sanitize_flags} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(${cornu_sanitize_flags})
endif()

# A source named NAME_vector.cpp holds the hot loops. It is compiled once for each instruction set into its own namespace
# (CORNU_ISA) and chosen at run time.
function(cornu_vector_sources target)
  get_target_property(sources ${target} SOURCES)
  set(plain ${sources})
  list(FILTER plain EXCLUDE REGEX "_vector\\.cpp$")
  list(FILTER sources INCLUDE REGEX "_vector\\.cpp$")
  set_target_properties(${target} PROPERTIES SOURCES "${plain}")
  set(isa_baseline "")
  set(isa_avx2 -mavx2 -mfma -mf16c -mbmi2)
  set(isa_avx512 -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx2 -mfma -mf16c -mbmi2 -mprefer-vector-width=512)
  set(isas baseline)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    set(isas baseline avx2 avx512)
  endif()
  foreach(source ${sources})
    cmake_path(RELATIVE_PATH source BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} OUTPUT_VARIABLE name)
    string(MAKE_C_IDENTIFIER ${name} name)
    foreach(isa ${isas})
      set(one ${CMAKE_BINARY_DIR}/vector/${name}_${isa}.cpp)
      file(CONFIGURE OUTPUT ${one} CONTENT "#define CORNU_ISA ${isa}\n#include \"${source}\"\n")
      set_source_files_properties(${one} PROPERTIES COMPILE_OPTIONS "-O3;${isa_${isa}}" SKIP_PRECOMPILE_HEADERS ON)
      target_sources(${target} PRIVATE ${one})
    endforeach()
  endforeach()
endfunction()

# The text that stands in front of every CUDA kernel, as a string of the library: codegen/cuda_*.cuh with the functions of cornu/math in
# the first, so that they are written once. Kernels include nothing.
function(cornu_embed_prologue target)
  set(sources cornu/codegen/cuda_prologue.cuh cornu/codegen/cuda_team.cuh cornu/math/functions.h cornu/math/special.h cornu/math/philox.h)
  set(math "")
  set(prologue "")
  foreach(source ${sources})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${source})
    file(READ ${PROJECT_SOURCE_DIR}/${source} text)
    string(REGEX REPLACE "\n#(include|pragma)[^\n]*" "" text "\n${text}")
    if(source MATCHES "\\.cuh$")
      string(APPEND prologue "${text}")
    else()
      string(APPEND math "${text}")
    endif()
  endforeach()
  string(REGEX REPLACE "//@math[^\n]*" "@math@" prologue "${prologue}")
  string(CONFIGURE "${prologue}" prologue @ONLY)
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/cuda_prologue.cpp @ONLY CONTENT
       "namespace cornu::codegen {\nextern const char kCudaPrologue[];\nconst char kCudaPrologue[] = R\"prologue(@prologue@)prologue\";\n}  // namespace cornu::codegen\n")
  target_sources(${target} PRIVATE ${PROJECT_BINARY_DIR}/generated/cuda_prologue.cpp)
  set_source_files_properties(${PROJECT_BINARY_DIR}/generated/cuda_prologue.cpp PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()
