# Files of one library compiled four at a time: the headers and templates that they share cost more
# than their own code. Only the optimised build does so, which is mostly built from
# nothing; the others compile each file alone, so that an include that is missing shows.
#
# What is local to a file needs a name of its own within such a library. The libraries without a call
# use one name in many files on purpose: each check has its run(), each format its read_header().
option(GOLDHIVE_UNITY "Compile several files of a library at once" OFF)

# goldhive_unite(<target>)
function(goldhive_unite target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${GOLDHIVE_UNITY} UNITY_BUILD_BATCH_SIZE 4)
endfunction()
