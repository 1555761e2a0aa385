# Installs the build to an empty prefix, then configures, builds and runs a user's project against it.
#   cmake -D BUILD=folder -D WORK=folder -D COMPILER=c++ -P check.cmake
file(REMOVE_RECURSE ${WORK})
macro(step)
  execute_process(COMMAND ${ARGN} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endmacro()

step(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)
step(${CMAKE_COMMAND} -G Ninja -S ${CMAKE_CURRENT_LIST_DIR} -B ${WORK}/build -D CMAKE_BUILD_TYPE=Release
     -D CMAKE_PREFIX_PATH=${WORK}/prefix -D CMAKE_CXX_COMPILER=${COMPILER} -D CMAKE_CXX_FLAGS=${FLAGS})
step(${CMAKE_COMMAND} --build ${WORK}/build)
step(${WORK}/build/consumer)
if(EXISTS ${WORK}/prefix/bin/cornu)
  step(${WORK}/prefix/bin/cornu --version)
endif()
