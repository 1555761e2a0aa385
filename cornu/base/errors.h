#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>

#include "cornu/base/api.h"

namespace cornu {

// Errors carry Keras's names, so that a user of either reads the same word. Each text says what was received, what was
// expected and how to fix it.

struct CORNU_API ValueError : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};
struct CORNU_API TypeError : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};
struct CORNU_API IndexError : std::out_of_range {
  using std::out_of_range::out_of_range;
};
struct CORNU_API RuntimeError : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct CORNU_API NotImplementedError : std::logic_error {
  using std::logic_error::logic_error;
};
// A file that cannot be read or written; the text names it.
struct CORNU_API FileError : std::runtime_error {
  using std::runtime_error::runtime_error;
};
// A device or one of its libraries failed.
struct CORNU_API DeviceError : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct CORNU_API ResourceExhaustedError : DeviceError {
  using DeviceError::DeviceError;
};
// The user asked to stop (Ctrl-C).
struct CORNU_API InterruptedError : std::runtime_error {
  using std::runtime_error::runtime_error;
};
// A broken invariant of ours; never reachable from user input.
struct CORNU_API InternalError : std::logic_error {
  using std::logic_error::logic_error;
};

// throw error<ValueError>("`units` must be positive. Received: units={}", units);
template <class E, class... Args>
E error(fmt::format_string<Args...> text, Args&&... args) {
  return E(fmt::format(text, std::forward<Args>(args)...));
}

namespace detail {
[[noreturn]] CORNU_API void check_failed(const char* file, int line, const char* condition, const std::string& text);
}

// An invariant of ours. What a user can get wrong throws ValueError and the like instead.
#define CORNU_CHECK(condition, ...)                                                                         \
  do {                                                                                                      \
    if (!(condition)) [[unlikely]]                                                                          \
      ::cornu::detail::check_failed(__FILE__, __LINE__, #condition, ::cornu::detail::text_of(__VA_ARGS__)); \
  } while (false)

namespace detail {
inline std::string text_of() { return {}; }
template <class... Args>
std::string text_of(fmt::format_string<Args...> text, Args&&... args) {
  return fmt::format(text, std::forward<Args>(args)...);
}
}  // namespace detail

}  // namespace cornu
