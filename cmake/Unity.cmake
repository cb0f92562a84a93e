# Files of one folder compiled four at a time: the headers and templates that they share cost more than
# their own code. The builds that are mostly made from nothing do so; dev compiles each file alone, and
# so does clang-tidy, without precompiled headers, so that an include that is missing shows.
#
# What is local to a file needs a name of its own within such a folder, but for what is of Windows alone
# (_win32), which most builds do not see. The folders without a call use one name in many files on
# purpose: each check has its run(), each format its read_header().
option(GOLDHIVE_UNITY "Compile several files of a folder at once" OFF)

# goldhive_unite(<target>): the files of this folder, so at the end of its list. CMake leaves out those
# with options of their own (goldhive_optimise).
function(goldhive_unite target)
  get_target_property(sources ${target} SOURCES)
  set(count 0)
  foreach(source IN LISTS sources)
    get_filename_component(path ${source} ABSOLUTE)
    get_filename_component(folder ${path} DIRECTORY)
    if(folder STREQUAL CMAKE_CURRENT_SOURCE_DIR AND path MATCHES "[.]cc$" AND
       NOT path MATCHES "_win32[.]cc$")
      math(EXPR group "${count} / 4")
      get_filename_component(name ${folder} NAME)
      set_source_files_properties(${path} TARGET_DIRECTORY ${target}
                                  PROPERTIES UNITY_GROUP ${name}_${group})
      math(EXPR count "${count} + 1")
    endif()
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${GOLDHIVE_UNITY} UNITY_BUILD_MODE GROUP)
endfunction()
