# What CPack makes of a build: an archive, and for Windows an installer as well.
#   cmake --build --preset release && (cd build/release && cpack)
set(CPACK_PACKAGE_VENDOR goldhive)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGE_INSTALL_DIRECTORY goldhive)
set(CPACK_STRIP_FILES ON)
if(WIN32)
  set(CPACK_GENERATOR ZIP NSIS)
  set(CPACK_PACKAGE_FILE_NAME goldhive-${PROJECT_VERSION}-windows-x64)
  # Without this the installer is a 32-bit program in the code page of the machine that made it.
  set(CPACK_NSIS_DEFINES "Target amd64-unicode")
  set(CPACK_NSIS_MODIFY_PATH ON)
  set(CPACK_NSIS_ENABLE_UNINSTALL_BEFORE_INSTALL ON)
else()
  set(CPACK_GENERATOR TGZ)
endif()
install(FILES ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/CHANGELOG.md
              ${PROJECT_SOURCE_DIR}/SECURITY.md ${PROJECT_SOURCE_DIR}/LICENSE
        DESTINATION share/doc/goldhive)
# What README links to for those who use the program.
install(FILES ${PROJECT_SOURCE_DIR}/docs/journal-format.md ${PROJECT_SOURCE_DIR}/docs/policy.md
              ${PROJECT_SOURCE_DIR}/docs/report.md
        DESTINATION share/doc/goldhive/docs)
include(CPack)
