#include "cornu/base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <mutex>
#include <set>

#include "cornu/base/environment.h"

namespace cornu::log {
namespace {

spdlog::logger& logger() {
  static spdlog::logger instance = [] {
    spdlog::logger made("cornu", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made.set_pattern("cornu: %v");
    made.set_level(spdlog::level::from_str(environment("CORNU_LOG").value_or("warning")));
    return made;
  }();
  return instance;
}

bool is_new(const std::string& text) {
  static std::mutex mutex;
  static std::set<std::string> shown;
  std::lock_guard lock(mutex);
  return shown.insert(text).second;
}

}  // namespace

void write_info(const std::string& text) { logger().info("{}", text); }
void write_debug(const std::string& text) { logger().debug("{}", text); }
bool debug_enabled() { return logger().should_log(spdlog::level::debug); }

void write_warning(const std::string& text) {
  if (is_new(text)) logger().warn("{}", text);
}
void write_notice(const std::string& text) {
  if (is_new(text)) logger().warn("{}", text);
}

}  // namespace cornu::log
