# Precompiled headers: the standard headers and fmt, which nearly every file includes and which cost
# 1.6 s a file to read; and those of the tests with Catch2 besides. Each is compiled once a build, by
# a library of one empty file, and lent to every target.
#
# A source file includes what it uses all the same: the preset "tsan" builds without (.ci/run), so that
# an include that is missing shows.
option(GOLDHIVE_PRECOMPILED "Precompile the headers that most files include" ON)

# goldhive_precompile(<target> <library that lends it>)
function(goldhive_precompile target lender)
  if(GOLDHIVE_PRECOMPILED)
    target_precompile_headers(${target} REUSE_FROM ${lender})
  endif()
endfunction()

# goldhive_precompiled(<name> <header> <library>...): a lender; the libraries are those of the header.
function(goldhive_precompiled name header)
  add_library(${name} OBJECT ${PROJECT_SOURCE_DIR}/cmake/precompiled/empty.cc)
  target_link_libraries(${name} PRIVATE goldhive_options ${ARGN})
  if(GOLDHIVE_PRECOMPILED)
    target_precompile_headers(${name} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/precompiled/${header})
  endif()
endfunction()
