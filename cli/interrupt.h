#pragma once

namespace cornu::cli {

// While one lives, the first Ctrl-C (or SIGTERM) asks the work to end at its next step, so that what was made is written: it ends with
// InterruptedError. The second ends the program at once.
class GentleInterrupt {
 public:
  GentleInterrupt();
  ~GentleInterrupt();
  GentleInterrupt(const GentleInterrupt&) = delete;
  GentleInterrupt& operator=(const GentleInterrupt&) = delete;
};

// How the program answers signals from its start on.
void handle_signals();
// The exit status of work that a signal has ended gently.
int interrupted_status();

}  // namespace cornu::cli
