# Files that exist once a platform, told apart by suffix: storage_win32.cc, storage_posix.cc, and
# in_use_linux.cc beside in_use_posix.cc where Linux can do more than POSIX says. Headers of the
# systems are included in such files only.
if(WIN32)
  set(GOLDHIVE_PLATFORMS win32)
elseif(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  set(GOLDHIVE_PLATFORMS linux posix)
else()
  set(GOLDHIVE_PLATFORMS posix)
endif()

# goldhive_platform_sources(<target> <stem>...): adds of each stem the file that is nearest to this
# platform.
function(goldhive_platform_sources target)
  foreach(stem IN LISTS ARGN)
    set(source "")
    foreach(platform IN LISTS GOLDHIVE_PLATFORMS)
      if(NOT source AND EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${stem}_${platform}.cc)
        set(source ${stem}_${platform}.cc)
      endif()
    endforeach()
    if(NOT source)
      message(FATAL_ERROR "${stem}_<platform>.cc exists for none of: ${GOLDHIVE_PLATFORMS}")
    endif()
    target_sources(${target} PRIVATE ${source})
  endforeach()
endfunction()
