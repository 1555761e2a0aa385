#include <cstdio>
#include <iostream>

#include "cli/interrupt.h"
#include "cli/usage.h"
#include "cornu/base/errors.h"

namespace {

constexpr int kCannotServe = 1, kWrongUsage = 2, kWrongUsageOfDoctor = 64, kOurBug = 70;

// One paragraph, whatever line breaks the text has.
int failed(int status, const std::string& text) {
  std::string line = "cornu: ";
  for (char c : text)
    if (c != '\n') line += c;
    else if (line.back() != ' ') line += ' ';
  std::fflush(stdout);
  std::fprintf(stderr, "%s\n", line.c_str());
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  cornu::cli::handle_signals();
  CLI::App app{"TensorFlow and Keras on a GPU, as one native program", "cornu"};
  app.set_version_flag("--version", "cornu " CORNU_VERSION);
  cornu::cli::Run run;
  cornu::cli::add_devices(app, run);
  cornu::cli::add_doctor(app, run);
  cornu::cli::add_summary(app, run);
  cornu::cli::add_train(app, run);
  cornu::cli::add_evaluate(app, run);
  cornu::cli::add_predict(app, run);
  cornu::cli::add_plot(app, run);
  cornu::cli::add_compile(app, run);
  cornu::cli::add_convert(app, run);
  cornu::cli::add_bench(app, run);
  cornu::cli::add_cuda(app, run);
  cornu::cli::add_api(app, run);
  try {
    cornu::cli::parse(app, argc, argv);
    const int status = run();
    if (std::fflush(stdout) != 0 || !std::cout.flush()) return failed(kCannotServe, "Cannot write to standard output.");
    return status;
  } catch (const CLI::Success& e) {
    return app.exit(e);
  } catch (const cornu::InterruptedError&) {
    return failed(cornu::cli::interrupted_status(), "Interrupted. No file was left half written.");
  } catch (const cornu::InternalError& e) {
    return failed(kOurBug, e.what());
  } catch (const cornu::cli::UsageError& e) {
    return failed(app.got_subcommand("doctor") ? kWrongUsageOfDoctor : kWrongUsage, e.what());
  } catch (const std::bad_alloc&) {
    return failed(kCannotServe, "The memory of this machine is used up. Give less data at a time, or a smaller --batch-size.");
  } catch (const std::exception& e) {
    return failed(kCannotServe, e.what());
  }
}
