#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "cli/command.h"
#include "cornu/base/errors.h"
#include "cornu/base/interrupt.h"

namespace {

constexpr int kCannotServe = 1, kWrongUsage = 2, kOurBug = 70, kInterrupted = 130;

// The first Ctrl-C asks for a stop at the next step; the second ends the process at once.
extern "C" void on_interrupt(int) {
  cornu::request_interrupt();
  std::signal(SIGINT, SIG_DFL);
}

int failed(int status, const char* text) {
  std::fprintf(stderr, "cornu: %s\n", text);
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGINT, on_interrupt);
  CLI::App app{"TensorFlow and Keras on a GPU, as one native program", "cornu"};
  app.set_version_flag("--version", "cornu 0.1.0");
  app.require_subcommand(1);
  cornu::cli::Run run;
  cornu::cli::add_devices(app, run);
  cornu::cli::add_doctor(app, run);
  cornu::cli::add_summary(app, run);
  cornu::cli::add_train(app, run);
  cornu::cli::add_evaluate(app, run);
  cornu::cli::add_predict(app, run);
  cornu::cli::add_convert(app, run);
  cornu::cli::add_bench(app, run);
  cornu::cli::add_api(app, run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : kWrongUsage;
  }
  try {
    return run();
  } catch (const cornu::InterruptedError&) {
    return failed(kInterrupted, "Interrupted; nothing was overwritten.");
  } catch (const cornu::InternalError& e) {
    return failed(kOurBug, e.what());
  } catch (const cornu::cli::UsageError& e) {
    return failed(kWrongUsage, e.what());
  } catch (const std::exception& e) {
    return failed(kCannotServe, e.what());
  }
}
