# Compiler settings shared by every target.
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

find_program(MOLD mold)
if(MOLD AND CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang" AND NOT CORNU_SANITIZE)
  add_link_options(-fuse-ld=mold)
endif()

set(cornu_warnings -Wall -Wextra -Wno-missing-field-initializers)
if(CORNU_WERROR)
  list(APPEND cornu_warnings -Werror)
endif()

# The same arithmetic everywhere: a multiply-add is fused only where the program says so.
set(cornu_floating_point -ffp-contract=off -fno-math-errno -fno-trapping-math)

if(CORNU_SANITIZE)
  add_compile_options(-fsanitize=${CORNU_SANITIZE} -fno-omit-frame-pointer -g)
  add_link_options(-fsanitize=${CORNU_SANITIZE})
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
    cmake_path(GET source STEM stem)
    foreach(isa ${isas})
      set(one ${CMAKE_BINARY_DIR}/vector/${stem}_${isa}.cpp)
      file(CONFIGURE OUTPUT ${one} CONTENT "#define CORNU_ISA ${isa}\n#include \"${source}\"\n")
      set_source_files_properties(${one} PROPERTIES COMPILE_OPTIONS "-O3;${isa_${isa}}" SKIP_PRECOMPILE_HEADERS ON)
      target_sources(${target} PRIVATE ${one})
    endforeach()
  endforeach()
endfunction()
