#include "cli/interrupt.h"

#include <unistd.h>

#include <atomic>
#include <csignal>

#include "cornu/base/interrupt.h"
#include "cornu/io/file.h"

namespace cornu::cli {
namespace {

constexpr int kSignal = 128;
std::atomic<bool> is_gentle{false};
std::atomic<int> received{SIGINT};

// Ends at once, whatever is running: files appear whole or not at all, so only temporaries need care.
extern "C" void on_signal(int signal) {
  if (is_gentle.exchange(false)) {
    received = signal;
    return request_interrupt();
  }
  constexpr char text[] = "\ncornu: Interrupted. No file was left half written.\n";
  (void)!write(STDERR_FILENO, text, sizeof(text) - 1);
  io::remove_temporaries();
  _exit(kSignal + signal);
}

}  // namespace

void handle_signals() {
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, on_signal);
}

int interrupted_status() { return kSignal + received; }

GentleInterrupt::GentleInterrupt() { is_gentle = true; }
GentleInterrupt::~GentleInterrupt() { is_gentle = false; }

}  // namespace cornu::cli
