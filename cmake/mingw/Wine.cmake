# Tests of a Windows program made elsewhere run under wine, with a configuration of their own in the
# build folder. Not before project(): CMake would run its own checks under it, and slowly.
if(NOT (MINGW AND CMAKE_CROSSCOMPILING))
  return()
endif()
find_program(GOLDHIVE_WINE NAMES wine64 wine PATHS /usr/lib/wine)
if(GOLDHIVE_WINE)
  set(CMAKE_CROSSCOMPILING_EMULATOR
      ${CMAKE_COMMAND} -E env WINEPREFIX=${PROJECT_BINARY_DIR}/wine WINEDEBUG=-all
      "WINEDLLOVERRIDES=mscoree=,mshtml=" ${CMAKE_CURRENT_LIST_DIR}/wine.sh ${GOLDHIVE_WINE})
  # Made before tests run side by side: the first start takes seconds.
  execute_process(COMMAND ${CMAKE_CROSSCOMPILING_EMULATOR} cmd /c ver OUTPUT_QUIET ERROR_QUIET)
else()
  message(WARNING "wine is not installed: NONE of the tests of the Windows program will run")
  set(GOLDHIVE_TESTS OFF)
  add_test(NAME "SKIPPED: wine is not installed" COMMAND ${CMAKE_COMMAND} -E echo skipped)
  set_tests_properties("SKIPPED: wine is not installed" PROPERTIES SKIP_REGULAR_EXPRESSION skipped)
endif()
