#include "cornu/base/process.h"

#include <spawn.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "cornu/base/errors.h"

extern char** environ;

namespace cornu {
namespace {

// Files without a name rather than pipes: neither side ever waits for the other.
using Stream = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
Stream stream_with(std::string_view text) {
  Stream stream(std::tmpfile(), std::fclose);
  if (!stream || std::fwrite(text.data(), 1, text.size(), stream.get()) != text.size() || std::fflush(stream.get()) != 0)
    throw error<RuntimeError>("Cannot make a temporary file: {}.", std::strerror(errno));
  std::rewind(stream.get());
  return stream;
}
std::string text_in(const Stream& stream) {
  std::rewind(stream.get());
  std::string out;
  char part[4096];
  while (const std::size_t got = std::fread(part, 1, sizeof(part), stream.get())) out.append(part, got);
  return out;
}

}  // namespace

std::optional<ProgramResult> run_program(const std::vector<std::string>& command, std::string_view input) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const Stream streams[] = {stream_with(input), stream_with(""), stream_with("")};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (int i = 0; i < 3; ++i) posix_spawn_file_actions_adddup2(&actions, fileno(streams[i].get()), i);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed == ENOENT) return std::nullopt;
  if (failed) throw error<RuntimeError>("Cannot run `{}`: {}.", command[0], std::strerror(failed));
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return ProgramResult{WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), text_in(streams[1]),
                       text_in(streams[2])};
}

}  // namespace cornu
