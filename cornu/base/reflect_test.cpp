#include "cornu/base/reflect.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cornu::reflect {

struct ReflectedArgs {
  std::string activation = "relu";
  std::vector<int> input_shape{};
  bool use_bias = true;
};

TEST(Reflect, FieldsComeByNameAndInOrder) {
  ReflectedArgs args{.use_bias = false};
  std::string names;
  for_each_field(args, [&](std::string_view name, auto&) { names += std::string(name) + " "; });
  EXPECT_EQ(names, "activation input_shape use_bias ");
  EXPECT_FALSE(std::get<2>(tie_fields(args)));
}

}  // namespace cornu::reflect
