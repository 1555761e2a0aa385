#include "cornu/backend/cuda/probe.h"

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

[[noreturn]] void answer_and_leave(const std::function<unsigned()>& question, int pipe) {
  const rlimit no_core{};
  ::setrlimit(RLIMIT_CORE, &no_core);
  if (const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC); nowhere >= 0)
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nowhere, stream);
  const unsigned value = question();
  ::_exit(::write(pipe, &value, sizeof value) == sizeof value ? 0 : 1);
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

Answer ask_in_child(const std::function<unsigned()>& question, std::chrono::milliseconds limit) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {.value = question()};
  const pid_t child = ::fork();
  if (child == 0) answer_and_leave(question, ends[1]);
  ::close(ends[1]);
  Answer answer;
  if (child < 0) {
    answer.value = question();
  } else if (!wait_for(ends[0], Clock::now() + limit)) {
    answer.end = Answer::End::hung;
    ::kill(child, SIGKILL);
    reap(child);
  } else {
    const bool answered = ::read(ends[0], &answer.value, sizeof answer.value) == sizeof answer.value;
    const int status = reap(child);
    if (!answered) answer = {Answer::End::died, 0, WIFSIGNALED(status) ? WTERMSIG(status) : 0};
  }
  ::close(ends[0]);
  return answer;
}

}  // namespace cornu::cuda
