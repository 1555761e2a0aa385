#include "cornu/backend/cuda/packages/pip.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <sstream>
#include <vector>

#include "cornu/base/errors.h"

namespace cornu::cuda::packages {
namespace {

constexpr int kCannotStart = 127;

struct Ended {
  int status = 0;     // 128 and the signal's number if one ended it
  std::string words;  // what it wrote to stderr
};

enum class Show : unsigned char { nothing, output };

// It ends with us, whatever ends us.
[[noreturn]] void become(const std::vector<std::string>& words, int errors, Show show) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  ::signal(SIGINT, SIG_DFL);
  ::signal(SIGTERM, SIG_DFL);
  const int output = show == Show::output ? STDERR_FILENO : ::open("/dev/null", O_WRONLY);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  ::_exit(kCannotStart);
}

std::string read_all(int pipe) {
  std::string text;
  char part[4096];
  for (;;) {
    const ssize_t count = ::read(pipe, part, sizeof part);
    if (count == 0 || (count < 0 && errno != EINTR)) return text;
    if (count > 0) text.append(part, static_cast<std::size_t>(count));
  }
}

Ended run(const std::vector<std::string>& words, Show show) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw FileError("No process can be started: the system has no pipe left.");
  const pid_t child = ::fork();
  if (child == 0) become(words, ends[1], show);
  ::close(ends[1]);
  Ended ended{.words = child < 0 ? "" : read_all(ends[0])};
  ::close(ends[0]);
  int status = 0;
  while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  ended.status = child < 0 ? kCannotStart : WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return ended;
}

void need_pip() {
  const Ended ended = run({"python3", "-m", "pip", "--version"}, Show::nothing);
  if (ended.status == 0) return;
  throw error<FileError>(
      "{}. It fetches NVIDIA's wheels. Install it (Debian, Ubuntu: sudo apt install python3-pip), or bring the wheels by hand "
      "and "
      "name their folder: --from FOLDER.",
      ended.status == kCannotStart ? "python3 was not found" : "python3 has no pip");
}

// "manylinux2014_x86_64.manylinux_2_17_x86_64" of a wheel's name.
std::vector<std::string> platforms(const std::string& file) {
  const auto begin = file.rfind('-') + 1, end = file.rfind('.');
  std::istringstream text(file.substr(begin, end - begin));
  std::vector<std::string> all;
  for (std::string one; std::getline(text, one, '.');) all.push_back(one);
  return all;
}

std::string last_line(const std::string& text) {
  std::istringstream lines(text);
  std::string last;
  for (std::string line; std::getline(lines, line);)
    if (!line.empty() && !line.starts_with("[notice]")) last = line;
  return last;
}

}  // namespace

void fetch(const Package& package, const std::string& folder) {
  need_pip();
  const std::string what = fmt::format("{}=={}", package.wheel, package.version);
  std::vector<std::string> words = {
      "python3",       "-m",    "pip",    "download", "--no-deps", "--no-cache-dir", "--no-input", "--disable-pip-version-check",
      "--only-binary", ":all:", "--dest", folder};
  for (const std::string& platform : platforms(package.file)) words.insert(words.end(), {"--platform", platform});
  words.push_back(what);
  const Ended ended = run(words, Show::output);
  if (ended.status == 0) return;
  throw error<FileError>("pip did not fetch {} (exit status {}): {}", what, ended.status, last_line(ended.words));
}

}  // namespace cornu::cuda::packages
