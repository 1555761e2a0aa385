# Installs the build to an empty prefix, then configures, builds and runs a user's project against it.
# The installed library must not know where it was built.
#   cmake -D BUILD=folder -D SOURCE=folder -D WORK=folder -D COMPILER=c++ -P check.cmake
file(REMOVE_RECURSE ${WORK})
macro(step)
  execute_process(COMMAND ${ARGN} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endmacro()

step(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)
file(GLOB_RECURSE library ${WORK}/prefix/libcornu.so)
file(STRINGS "${library}" paths REGEX "${SOURCE}/")
if(NOT library OR (paths AND NOT FLAGS))  # a sanitizer's reports do name the sources
  message(FATAL_ERROR "'${library}' holds paths of the machine that built it: ${paths}")
endif()

step(${CMAKE_COMMAND} -G Ninja -S ${CMAKE_CURRENT_LIST_DIR} -B ${WORK}/build -D CMAKE_BUILD_TYPE=Release
     -D CMAKE_PREFIX_PATH=${WORK}/prefix -D CMAKE_CXX_COMPILER=${COMPILER} -D CMAKE_CXX_FLAGS=${FLAGS})
step(${CMAKE_COMMAND} --build ${WORK}/build)
step(${WORK}/build/consumer WORKING_DIRECTORY ${WORK})
if(EXISTS ${WORK}/prefix/bin/cornu)
  step(${WORK}/prefix/bin/cornu --version)
endif()
