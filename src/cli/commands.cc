// The table of commands.
#include "src/cli/command.h"

namespace goldhive::cli {

const std::vector<AddCommand>& commands() {
  static const std::vector<AddCommand> table = {add_scan,   add_list,    add_plan,
                                                add_patch,  add_undo,    add_recover,
                                                add_verify, add_explain, add_policy};
  return table;
}

}  // namespace goldhive::cli
