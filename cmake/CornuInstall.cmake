# cmake --install gives the headers, the library, the `cornu` program and find_package(cornu CONFIG).
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/cornu)

install(TARGETS cornu EXPORT cornuTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY cornu/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/cornu FILES_MATCHING PATTERN "*.h")
if(TARGET cornu_cli)
  install(TARGETS cornu_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(DIRECTORY cornu/keras/datasets/mnist_sample/ DESTINATION ${CMAKE_INSTALL_DATADIR}/cornu/mnist)
install(EXPORT cornuTargets NAMESPACE cornu:: DESTINATION ${package_dir})
configure_package_config_file(cmake/cornuConfig.cmake.in ${CMAKE_BINARY_DIR}/cornuConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/cornuConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/cornuConfig.cmake ${CMAKE_BINARY_DIR}/cornuConfigVersion.cmake DESTINATION ${package_dir})
