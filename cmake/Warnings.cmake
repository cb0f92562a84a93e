# The compiler settings every target of ours takes, through the interface target goldhive_options.
add_library(goldhive_options INTERFACE)
target_include_directories(goldhive_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_features(goldhive_options INTERFACE cxx_std_20)

# A release is optimised as Debian's packages are, and less where that is enough.
if(NOT MSVC)
  string(REPLACE "-O3" "-O2" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")
endif()

# goldhive_optimise_lightly(): for the folders added later. Most of the program runs once a target,
# and waits for files: -O1 compiles in three quarters of the time, and no run shows the difference.
# The precompiled headers stay at -O2: GCC reads them at -O1 and -O3, but fails the other way.
macro(goldhive_optimise_lightly)
  if(NOT MSVC)
    add_compile_options($<$<CONFIG:Release>:-O1>)
  endif()
endmacro()

# goldhive_optimise(<level> <target> <file>...): files of this folder that look at every byte or cell,
# of a target of any folder.
function(goldhive_optimise level target)
  if(NOT MSVC)
    set_source_files_properties(${ARGN} TARGET_DIRECTORY ${target} PROPERTIES
                                COMPILE_OPTIONS $<$<CONFIG:Release>:-${level}>)
  endif()
endfunction()

if(MSVC)
  target_compile_options(goldhive_options INTERFACE /W4 /utf-8 /permissive-)
  if(GOLDHIVE_WERROR)
    target_compile_options(goldhive_options INTERFACE /WX)
  endif()
else()
  target_compile_options(goldhive_options INTERFACE -Wall -Wextra -Wpedantic -Wconversion)
  # Of files that are compiled together, a parameter may have the name of a constant of another file.
  target_compile_options(goldhive_options INTERFACE
                         $<$<NOT:$<BOOL:$<TARGET_PROPERTY:UNITY_BUILD>>>:-Wshadow>)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # Optimising, GCC 12 sees overlapping copies, and copies beyond the end, inside its own std::string
    # (GCC bug 105651). The build without optimisation and the sanitizers go on looking for the latter.
    target_compile_options(goldhive_options INTERFACE -Wno-restrict
                           $<$<CONFIG:Release>:-Wno-array-bounds>
                           $<$<CONFIG:Release>:-Wno-stringop-overflow>)
  endif()
  if(GOLDHIVE_WERROR)
    target_compile_options(goldhive_options INTERFACE -Werror)
  endif()
  if(GOLDHIVE_SANITIZE)
    target_compile_options(goldhive_options INTERFACE -fsanitize=${GOLDHIVE_SANITIZE}
                           -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(goldhive_options INTERFACE -fsanitize=${GOLDHIVE_SANITIZE})
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      # Instrumented, GCC 12 sees uninitialised members in its own <regex>, which Catch2 includes.
      target_compile_options(goldhive_options INTERFACE -Wno-maybe-uninitialized)
    endif()
  endif()
  if(GOLDHIVE_FUZZ)
    target_compile_options(goldhive_options INTERFACE -fsanitize=fuzzer-no-link)
  endif()
  if(GOLDHIVE_COVERAGE)
    # Threads count, too; otherwise their counters lose steps and even turn negative.
    target_compile_options(goldhive_options INTERFACE --coverage -fprofile-update=atomic)
    target_link_options(goldhive_options INTERFACE --coverage)
  endif()
endif()
