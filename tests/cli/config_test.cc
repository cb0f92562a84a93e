// The configuration file: where it is found, what it may say, and that the command line wins.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "imgtools/bytes/digest.h"
#include "src/cli/command.h"
#include "tests/cli/session.h"

namespace goldhive::tests {
namespace {

using nlohmann::json;

constexpr const char* usual_file = "home/.config/goldhive/config.toml";

/// A user with a configuration in the usual place, and an image.
Session with_config(const std::string& text) {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "win7");
  session.usual_config = usual_file;
  session.storage.put(usual_file, text);
  return session;
}

std::string policy_in(Session& session, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"scan", "win7", "-f", "json"});
  return session.run(arguments).json()["policy"];
}

TEST_CASE("The command line wins over the configuration, and that over what is usual") {
  Session session = with_config("policy = 'tls12-only'\n");
  CHECK(policy_in(session, {}) == "tls12-only");
  CHECK(policy_in(session, {"-p", "baseline"}) == "baseline");
  CHECK(policy_in(session, {"--no-config"}) == "baseline");
  CHECK(policy_in(session, {"--config", ""}) == "baseline");
  session.usual_config = "home/elsewhere.toml";
  CHECK(policy_in(session, {}) == "baseline");
}

TEST_CASE("A configuration is that of --config, else of GOLDHIVE_CONFIG, else the usual one") {
  Session session = with_config("policy = 'tls12-only'\n");
  const auto named = [](const std::string& name) {
    return "name = '" + name + "'\nextends = 'baseline'\n";
  };
  session.storage.put("home/.config/goldhive/own.toml", named("own"));
  session.storage.put("env/p.toml", named("by-environment"));
  session.storage.put("flag/p.toml", named("by-flag"));
  session.storage.put(usual_file, std::string("policy = 'own.toml'\n"));
  session.storage.put("env/c.toml", std::string("policy = 'p.toml'\n"));
  session.storage.put("flag/c.toml", std::string("policy = '../flag/p.toml'\n"));
  session.storage.put("config.toml", std::string("policy = 'tls12-only'\n"));
  session.storage.put("goldhive/config.toml", std::string("policy = 'tls12-only'\n"));
  CHECK(policy_in(session, {}) == "own");
  session.named_config = "env/c.toml";
  CHECK(policy_in(session, {}) == "by-environment");
  CHECK(policy_in(session, {"--config", "flag/c.toml"}) == "by-flag");
  session.named_config.clear();
  session.usual_config.clear();
  CHECK(policy_in(session, {}) == "baseline");  // and none of the working folder
}

TEST_CASE("A configuration that is named and missing is an error, in the usual place it is none") {
  Session session = with_config("");
  session.usual_config = "home/missing.toml";
  CHECK(session.run({"scan", "win7"}).code == 1);
  CHECK_THAT(session.run({"--config", "x.toml", "scan", "win7"}).err,
             Catch::Contains("x.toml: no such configuration file (named by --config)"));
  session.named_config = "y.toml";
  CHECK_THAT(session.run({"scan", "win7"}).err,
             Catch::Contains("y.toml: no such configuration file (named by GOLDHIVE_CONFIG)"));
  CHECK(session.run({"scan", "win7", "--no-config"}).code == 1);
  CHECK_THAT(session.run({"config", "--no-config", "--config", "x.toml"}).err,
             Catch::Contains("contradict each other"));
  CHECK(session.run({"--version"}).code == 0);
  CHECK(session.run({"scan", "--help"}).code == 0);
}

TEST_CASE("What is wrong in a configuration is named with its line") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"polcy = 'baseline'", ":1:1: unknown key 'polcy'; did you mean 'policy'?"},
      {"[options]\njobbs = 3", ":2:1: unknown key 'jobbs' in [options]; did you mean 'jobs'?"},
      {"[options]\njobs = 0", ":2:8: 'jobs' in [options]: Value 0 not in range 1 to 1024"},
      {"[options]\njobs = 1.5", ":2:8: 'jobs' in [options] must be a whole number or a string"},
      {"[options]\ncolor = 'red'", ":2:9: 'color' in [options]: red not in {auto,always,never}"},
      {"[options]\nstrict = 1", ":2:10: 'strict' in [options] must be true or false"},
      {"[options]\nmax-unpacked = '2X'", "'max-unpacked' in [options]: x unit not recognized"},
      {"[options]\nundo-dir = ''", ":2:12: 'undo-dir' in [options] is empty"},
      {"options = 1", ":1:11: 'options' must be a section, [options]"},
      {"policy = 7", ":1:10: 'policy' must be a string"},
      {"policy = 'basline'",
       ":1: no policy 'home/.config/goldhive/basline': neither built in nor "
       "a file; did you mean 'baseline'?"},
      {"policy = ", ":1:"},
      {"[options]\nforce = true", "unknown key 'force'"},
  };
  for (const auto& [text, message] : cases) {
    INFO(text);
    Session session = with_config(text + "\n");
    const Outcome got = session.run({"scan", "win7"});
    CHECK(got.code == 2);
    CHECK(got.out.empty());
    CHECK_THAT(got.err, Catch::StartsWith(std::string("goldhive: ") + usual_file + ":") &&
                            Catch::Contains(message));
  }
}

// What forces something, weakens a safety, chooses what is changed or written, or decides the exit
// code must be seen where the command is given.
TEST_CASE("A configuration may set these flags and no others") {
  cli::ConfigFlags config;
  const cli::Command whole = cli::program(config);
  std::set<std::string> names;
  for (const cli::Flag* flag : cli::standing_flags(whole)) {
    names.insert(cli::standing_name(*flag));
    CHECK_FALSE(flag->is_repeatable());
  }
  CHECK(names == std::set<std::string>{"all", "check", "color", "depth", "hash", "jobs",
                                       "max-unpacked", "policy", "severity", "strict", "undo-dir",
                                       "verbose"});
}

TEST_CASE("Each kind of option is taken from a configuration, and taken back on the command line") {
  Session session = with_config("[options]\nhash = true\ncolor = 'always'\nmax-unpacked = '1K'\n");
  const auto hash_in = [](const Outcome& got) {
    return got.json()["targets"][0]["installations"][0]["hives"][0]["sha256"].is_string();
  };
  CHECK(hash_in(session.run({"scan", "win7", "-f", "json"})));
  CHECK_FALSE(hash_in(session.run({"scan", "win7", "-f", "json", "--hash=false"})));
  CHECK(session.run({"scan", "win7"}).out.find('\x1b') != std::string::npos);
  CHECK(session.run({"scan", "win7", "--color", "never"}).out.find('\x1b') == std::string::npos);
  CHECK_THAT(session.run({"scan", "win7"}).out, Catch::Contains("--max-unpacked 1024"));
}

TEST_CASE("An undo file goes where the configuration says, and undo looks for it there") {
  Session session = with_config("[options]\nundo-dir = 'undos'\n");
  session.storage.make_directory("home/.config/goldhive/undos");
  const Outcome patched = session.run({"patch", "win7", "--no-cross-check", "-f", "json"});
  const std::string undo = patched.json()["targets"][0]["undo"];
  CHECK(undo.starts_with("home/.config/goldhive/undos/"));
  CHECK(session.run({"undo", "win7"}).code == 0);
  CHECK_FALSE(session.storage.has(undo));
}

TEST_CASE("A configuration that others may have written is refused where nobody has named it") {
  Session session = with_config("policy = 'tls12-only'\n");
  session.storage.give_away(usual_file);
  const Outcome got = session.run({"scan", "win7"});
  CHECK(got.code == 2);
  CHECK(got.out.empty());
  CHECK_THAT(got.err, Catch::Contains(usual_file) && Catch::Contains("belongs to another user"));
  CHECK(policy_in(session, {"--config", usual_file}) == "tls12-only");
}

TEST_CASE("Every report names the configuration in effect") {
  const std::string text = "[options]\njobs = 2\n";
  Session session = with_config(text);
  session.put_recipe("windows-7-sp1-x64", "farm/a");
  session.put_recipe("windows-7-sp1-x64-ready", "farm/b");
  Sha256 digest;
  digest.add(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
  const json expected = {{"path", usual_file}, {"sha256", to_hex(digest.finish())}};
  for (const char* command : {"scan", "list", "verify", "plan", "patch", "undo", "recover"}) {
    INFO(command);
    std::vector<std::string> arguments = {command, "win7", "-f", "json"};
    CHECK(session.run(arguments).json()["config"] == expected);
    arguments.emplace_back("--no-config");
    CHECK_FALSE(session.run(arguments).json().contains("config"));
  }
  const std::string lines = session.run({"scan", "win7", "-f", "jsonl"}).out;
  CHECK(json::parse(lines.substr(0, lines.find('\n')))["config"] == expected);
  CHECK_THAT(session.run({"scan", "farm"}).out,
             Catch::Contains("configuration " + std::string(usual_file) + "\ngoldhive "));
  CHECK_THAT(session.run({"scan", "farm", "--no-config"}).out, !Catch::Contains("config.toml"));
}

TEST_CASE("A report that is read back keeps the configuration that it was made with") {
  Session session = with_config("[options]\njobs = 2\n");
  session.put_recipe("windows-7-sp1-x64-ready", "b");
  session.run({"scan", "win7", "-f", "json", "-o", "with.json"});
  session.run({"scan", "b", "--no-config", "-f", "jsonl", "-o", "without.jsonl"});
  const json alone = session.run({"report", "with.json", "-f", "json", "--no-config"}).json();
  CHECK(alone["config"]["path"] == usual_file);
  const Outcome both = session.run({"report", "with.json", "without.jsonl", "-f", "json"});
  CHECK_FALSE(both.json().contains("config"));
}

TEST_CASE("The next command means the same configuration") {
  Session session = with_config("policy = 'tls12-only'\n");
  session.storage.put("c.toml", std::string("policy = 'tls12-only'\n"));
  const auto next = [&](const std::vector<std::string>& arguments, const std::string& command) {
    CHECK_THAT(session.run(arguments).out, Catch::Contains(command));
  };
  next({"scan", "win7"}, "goldhive plan --policy tls12-only win7");
  next({"scan", "win7", "-p", "baseline"}, "goldhive plan --policy baseline win7");
  next({"scan", "win7", "--no-config"}, "goldhive plan --no-config win7");
  next({"--config", "c.toml", "scan", "win7"},
       "goldhive plan --policy tls12-only --config c.toml win7");
}

TEST_CASE("The next command says what the command line took back from the configuration") {
  Session session = with_config(
      "[options]\ncheck = true\nstrict = true\ndepth = 3\nmax-unpacked = '1K'\n"
      "undo-dir = 'undos'\n");
  session.storage.make_directory("home/.config/goldhive/undos");
  const auto next = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin() + 1, {"win7", "--check=false", "--strict=false", "--depth",
                                             "1", "--max-unpacked", "0", "--undo-dir", ""});
    if (arguments[0] == "scan") arguments.resize(arguments.size() - 2);
    return session.run(arguments).out;
  };
  const std::string options = "--check=false --depth 1 --max-unpacked 0 --strict=false";
  CHECK_THAT(next({"scan"}), Catch::Contains("goldhive plan " + options + " win7\n"));
  CHECK_THAT(next({"plan"}),
             Catch::Contains("goldhive patch " + options + " --undo-dir '' win7\n"));
  CHECK_THAT(next({"patch"}), Catch::Contains("goldhive undo --undo-dir '' win7\n"));
  CHECK(session.run({"undo", "--undo-dir", "", "win7"}).code == 0);
}

TEST_CASE("What a saved plan offers is judged by its policy, whatever the configuration says") {
  Session session = with_config("");
  session.run({"plan", "win7", "-p", "baseline", "--save", "plan.json"});
  session.storage.put(usual_file, std::string("policy = 'tls12-only'\n"));
  const Outcome shown = session.run({"patch", "win7", "--plan", "plan.json", "--dry-run"});
  CHECK_THAT(shown.out, Catch::Contains("goldhive patch --plan plan.json win7\n"));
  CHECK(session.run({"patch", "win7", "--plan", "plan.json", "--no-cross-check"}).err.empty());
  // What is left after the patch of a plan by another policy than the usual one.
  session.storage.put(usual_file, std::string());
  session.put_recipe("windows-server-2012", "server");
  session.run({"plan", "server", "-p", "tls12-only", "--only", "schannel.tls12.client", "--save",
               "only.json"});
  CHECK_THAT(session.run({"patch", "server", "--plan", "only.json", "--no-cross-check"}).out,
             Catch::Contains("goldhive plan --policy tls12-only server\n"));
}

TEST_CASE("A saved plan is judged by its own policy and not by that of the configuration") {
  Session session = with_config("policy = 'tls12-only'\n");
  session.run({"plan", "win7", "-p", "baseline", "--save", "plan.json"});
  const json shown =
      session.run({"patch", "win7", "--plan", "plan.json", "--dry-run", "-f", "json"}).json();
  CHECK(shown["policy"] == "baseline");
  session.storage.put("home/.config/goldhive/own.toml",
                      std::string("name = 'own'\nextends = 'baseline'\n"));
  session.storage.put(usual_file, std::string("policy = 'own.toml'\n"));
  session.run({"plan", "win7", "--save", "own.json"});
  const json own =
      session.run({"patch", "win7", "--plan", "own.json", "--dry-run", "-f", "json"}).json();
  CHECK(own["policy"] == "own");
}

TEST_CASE("No output takes the place of the configuration or of its policy") {
  Session session = with_config("policy = 'own.toml'\n");
  const std::string own_file = "home/.config/goldhive/own.toml";
  session.storage.put(own_file, std::string("name = 'own'\n"));
  for (const std::string& file : {std::string(usual_file), own_file}) {
    const Outcome got = session.run({"scan", "win7", "-o", file});
    CHECK(got.code == 2);
    CHECK_THAT(got.err, Catch::Contains("is read by this command"));
  }
}

TEST_CASE("config shows the file in effect, each setting, and where it is from") {
  Session session = with_config("policy = 'tls12-only'\n[options]\njobs = 4\nstrict = true\n");
  const Outcome got = session.run({"config"});
  CHECK(got.code == 0);
  const auto row = [](const std::string& out, const std::string& name) {
    const std::size_t at = out.find("\n" + name + " ");
    REQUIRE(at != std::string::npos);
    std::istringstream words(out.substr(at + 1, out.find('\n', at + 1) - at - 1));
    return std::vector<std::string>{std::istream_iterator<std::string>(words), {}};
  };
  const std::string file = usual_file;
  using Words = std::vector<std::string>;
  CHECK(got.out.starts_with(file + " (sha256 "));
  CHECK(row(got.out, "policy") == Words{"policy", "tls12-only", file + ":1"});
  CHECK(row(got.out, "jobs") == Words{"jobs", "4", file + ":3"});
  CHECK(row(got.out, "strict") == Words{"strict", "true", file + ":4"});
  CHECK(row(got.out, "depth") == Words{"depth", "1", "default"});
  const Outcome none = session.run({"config", "--no-config"});
  CHECK(none.out.starts_with("no configuration file is in effect\n"));
  CHECK(row(none.out, "policy") == Words{"policy", "baseline", "default"});
  session.usual_config = "home/missing.toml";
  CHECK_THAT(session.run({"config"}).out,
             Catch::StartsWith("no configuration file is in effect: there is no home/missing"));
  session.storage.put("e\x1b[1m.toml", std::string());
  CHECK(session.run({"config", "--config", "e\x1b[1m.toml"}).out.find('\x1b') == std::string::npos);
}

}  // namespace
}  // namespace goldhive::tests
