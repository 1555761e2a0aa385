#include "cornu/backend/cuda/doctor/probe.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace cornu::cuda {
namespace {

using namespace std::chrono_literals;

TEST(Probe, TellsTheAnswer) {
  const Answer answer = ask_in_child([] { return std::string(100'000, 'x'); }, 5s);
  EXPECT_EQ(answer.end, Answer::End::answered);
  EXPECT_EQ(answer.text.size(), 100'000u);
}

TEST(Probe, OutlivesAQuestionThatNeverEnds) {
  const Answer answer = ask_in_child(
      [] {
        for (;;) ::pause();
        return std::string();
      },
      50ms);
  EXPECT_EQ(answer.end, Answer::End::hung);
}

TEST(Probe, OutlivesAQuestionThatEndsTheProcess) {
  const Answer aborted = ask_in_child(
      [] {
        ::signal(SIGABRT, SIG_DFL);
        std::abort();
        return std::string();
      },
      5s);
  EXPECT_EQ(aborted.end, Answer::End::died);
  EXPECT_EQ(aborted.signal, SIGABRT);
  const Answer left = ask_in_child(
      [] {
        ::_exit(3);
        return std::string();
      },
      5s);
  EXPECT_EQ(left.end, Answer::End::died);
  EXPECT_EQ(left.signal, 0);
}

TEST(Probe, DropsWhatTheChildPrints) {
  ::testing::internal::CaptureStderr();
  ask_in_child([] { return std::to_string(std::fputs("the driver's words\n", stderr)); }, 5s);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace cornu::cuda
