#include "cornu/backend/cuda/doctor/probe.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

namespace cornu::cuda {
namespace {

using Clock = std::chrono::steady_clock;

constexpr char kEnd = '\0';  // an answer without it is not whole

[[noreturn]] void answer_and_leave(const std::function<std::string()>& question, int pipe) {
  const rlimit no_core{};
  ::setrlimit(RLIMIT_CORE, &no_core);
  if (const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC); nowhere >= 0)
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nowhere, stream);
  const std::string text = question() + kEnd;
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t wrote = ::write(pipe, text.data() + done, text.size() - done);
    if (wrote <= 0) ::_exit(1);
    done += static_cast<std::size_t>(wrote);
  }
  ::_exit(0);
}

// Waits until the child has written or has closed the pipe by ending; false when the time is over.
bool wait_for(int pipe, Clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd one{.fd = pipe, .events = POLLIN};
    const int ready = ::poll(&one, 1, left > 0 ? static_cast<int>(left) : 0);
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

// Reads to the end; false when the time is over.
bool read_all(int pipe, Clock::time_point deadline, std::string& text) {
  char part[4096];
  while (wait_for(pipe, deadline)) {
    const ssize_t count = ::read(pipe, part, sizeof part);
    if (count == 0 || (count < 0 && errno != EINTR)) return true;
    if (count > 0) text.append(part, static_cast<std::size_t>(count));
  }
  return false;
}

// A child that the kernel cannot end yet is left to init.
int reap(pid_t child) {
  int status = 0;
  for (int tries = 0; tries < 200; ++tries) {
    const pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child) return status;
    if (ended < 0 && errno != EINTR) return 0;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return 0;
}

}  // namespace

Answer ask_in_child(const std::function<std::string()>& question, std::chrono::milliseconds limit) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {.text = question()};
  const pid_t child = ::fork();
  if (child == 0) answer_and_leave(question, ends[1]);
  ::close(ends[1]);
  Answer answer;
  if (child < 0) {
    answer.text = question();
  } else if (!read_all(ends[0], Clock::now() + limit, answer.text)) {
    answer.end = Answer::End::hung;
    ::kill(child, SIGKILL);
    reap(child);
  } else {
    const int status = reap(child);
    const bool is_whole = answer.text.ends_with(kEnd);
    if (is_whole) answer.text.pop_back();
    else answer = {Answer::End::died, "", WIFSIGNALED(status) ? WTERMSIG(status) : 0};
  }
  ::close(ends[0]);
  return answer;
}

}  // namespace cornu::cuda
