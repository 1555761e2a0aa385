#pragma once

// For tests only: what is thrown, and that it says something.

#include <gtest/gtest.h>

#include <string>

namespace cornu {

template <class E, class F>
void expect_error(F&& f, const std::string& part) {
  try {
    f();
    ADD_FAILURE() << "no error that says " << part;
  } catch (const E& e) {
    EXPECT_NE(std::string(e.what()).find(part), std::string::npos) << e.what();
  }
}

}  // namespace cornu
