#pragma once

// For tests only: what is thrown, and that it says something.

#include <gtest/gtest.h>

#include <string>

namespace cornu {

// The text of what is thrown.
template <class E, class F>
std::string error_of(F&& f) {
  try {
    f();
  } catch (const E& e) {
    return e.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}
template <class E, class F>
void expect_error(F&& f, const std::string& part) {
  const std::string text = error_of<E>(f);
  EXPECT_NE(text.find(part), std::string::npos) << text;
}

}  // namespace cornu
