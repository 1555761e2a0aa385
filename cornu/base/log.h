#pragma once

#include <fmt/format.h>

#include <string>

// The library prints nothing when healthy. CORNU_LOG=info|debug shows more on stderr; warnings are always shown, once each.
namespace cornu::log {

void write_info(const std::string& text);
void write_debug(const std::string& text);
void write_warning(const std::string& text);
void write_notice(const std::string& text);
bool debug_enabled();

template <class... Args>
void info(fmt::format_string<Args...> text, Args&&... args) {
  write_info(fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void debug(fmt::format_string<Args...> text, Args&&... args) {
  if (debug_enabled()) write_debug(fmt::format(text, std::forward<Args>(args)...));
}
// The same text is shown once a process.
template <class... Args>
void warn_once(fmt::format_string<Args...> text, Args&&... args) {
  write_warning(fmt::format(text, std::forward<Args>(args)...));
}

// One plain line about what the user should know and need not mend, once a process.
template <class... Args>
void notice_once(fmt::format_string<Args...> text, Args&&... args) {
  write_notice(fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace cornu::log
