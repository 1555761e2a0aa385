#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace cornu::cuda {

// What became of a question that was asked in a process of its own.
struct Answer {
  enum class End : unsigned char { answered, hung, died };
  End end = End::answered;
  std::string text;  // of one that answered
  int signal = 0;    // of one that died; 0 if it left by itself
};

// Asks in a child process, whose output is dropped, so that a driver that hangs or ends the process harms nobody else.
Answer ask_in_child(const std::function<std::string()>& question, std::chrono::milliseconds limit);

}  // namespace cornu::cuda
