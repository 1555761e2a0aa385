#include "cornu/math/special.h"

#include <gtest/gtest.h>

#include <limits>

namespace cornu::math {
namespace {

struct Gamma {
  double a, x, value, grad_a;
};

// Computed with 40 digits by mpmath.
TEST(Special, GammaincAndItsGradient) {
  for (const Gamma& g : {
           Gamma{0.5, 0.25, 0.52049987781304654, -0.79794731678322294},
           Gamma{0.5, 2, 0.95449973610364159, -0.13561933520399724},
           Gamma{1e-3, 1e-3, 0.99368764670886022, -6.2932038249004247},
           Gamma{3, 1e-5, 1.6666541667166635e-16, -2.1281579984929336e-15},
           Gamma{10, 9, 0.41259175566805907, -0.12703651192426839},
           Gamma{50, 60, 0.9155933189063081, -0.021284992786349492},
           Gamma{1000, 1010, 0.62767894473699474, -0.011945731337225442},
           Gamma{1e5, 1.001e5, 0.62444513070440553, -0.0011994802802501906},
       }) {
    EXPECT_NEAR(gammainc(g.a, g.x), g.value, 1e-14 * g.value) << g.a << ", " << g.x;
    EXPECT_NEAR(gammainc_grad_a(g.a, g.x), g.grad_a, 1e-13 * -g.grad_a) << g.a << ", " << g.x;
  }
}

TEST(Special, GammaincAtTheEdges) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(gammainc(1, 0), 0);
  EXPECT_EQ(gammainc(1, inf), 1);
  EXPECT_EQ(gammainc(inf, inf), 1);
  EXPECT_EQ(gammainc(0, 1), 1);
  EXPECT_EQ(gammainc(5, 1e300), 1);
  EXPECT_EQ(gammainc(1e300, 5), 0);
  EXPECT_EQ(gammainc_grad_a(5, 1e300), 0);
  EXPECT_EQ(gammainc_grad_a(1, 0), 0);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double wrong[][2] = {{0, 0}, {-1, 1}, {1, -1}, {nan, 1}, {1, nan}};
  for (const auto& at : wrong) {
    EXPECT_NE(gammainc(at[0], at[1]), gammainc(at[0], at[1])) << at[0] << ", " << at[1];
    EXPECT_NE(gammainc_grad_a(at[0], at[1]), gammainc_grad_a(at[0], at[1])) << at[0] << ", " << at[1];
  }
}

}  // namespace
}  // namespace cornu::math
