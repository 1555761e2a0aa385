#include "cornu/device/device_spec.h"

#include <gtest/gtest.h>

#include "tests/expect_error.h"

#include "cornu/base/errors.h"

namespace cornu {
namespace {

std::string refusal(std::string_view spec) {
  try {
    return "accepted as " + DeviceSpec::from_string(spec).to_string();
  } catch (const ValueError& e) {
    return e.what();
  }
}

TEST(DeviceSpec, EverySpellingIsAccepted) {
  for (const char* spec :
       {"/GPU:0", "/gpu:0", "GPU:0", "gpu:0", "device:GPU:0", "/device:gpu:0", "//GPU:0", "/GPU:0/", "/GPU:000"})
    EXPECT_EQ(DeviceSpec::from_string(spec), (DeviceSpec{.device_type = "GPU", .device_index = 0})) << spec;
  for (const char* spec : {"GPU", "GPU:*", "/gpu", "/device:GPU:*"})
    EXPECT_EQ(DeviceSpec::from_string(spec), (DeviceSpec{.device_type = "GPU"})) << spec;
  for (const char* spec : {"", "/"}) EXPECT_EQ(DeviceSpec::from_string(spec), DeviceSpec()) << spec;
  EXPECT_EQ(DeviceSpec::from_string("/device:FOO:2").device_type, "FOO");
  EXPECT_EQ(DeviceSpec::from_string("TPU:1").device_index, 1);
  EXPECT_EQ(DeviceSpec::from_string("/job:w/replica:1/task:2/device:GPU:3"), (DeviceSpec{"w", 1, 2, "GPU", 3}));
}

TEST(DeviceSpec, RefusalsAreTensorFlows) {
  EXPECT_EQ(refusal("/foo:0"), "Unknown attribute 'foo' is encountered while parsing the device spec: '/foo:0'.");
  EXPECT_EQ(refusal("FOO:0"), "Unknown attribute 'FOO' is encountered while parsing the device spec: 'FOO:0'.");
  EXPECT_EQ(refusal("/physical_device:GPU:0")
                .rfind("Unknown attribute 'physical_device' is encountered while parsing the device spec: "
                       "'/physical_device:GPU:0'.",
                       0),
            0u);
  EXPECT_EQ(refusal("cuda:0").rfind("Unknown attribute 'cuda' is encountered while parsing the device spec: 'cuda:0'.", 0), 0u);
  EXPECT_EQ(refusal("/GPU:0/CPU:1"), "Multiple device types are not allowed while parsing the device spec: /GPU:0/CPU:1.");
  for (const char* spec : {"/GPU:x", "GPU:", "/task:x", "/device:GPU:x", "/GPU:99999999999", "/GPU:1x"})
    EXPECT_EQ(refusal(spec).rfind("invalid literal for int() with base 10: '", 0), 0u) << spec;
  for (const char* spec :
       {"/device:GPU", "/device:", "GPU:0:1", "device:GPU:0:1", " GPU:0", "XLA_GPU:0", "/job:a:b", "localhost"})
    EXPECT_EQ(refusal(spec).rfind("Unknown attribute '", 0), 0u) << spec;
}

TEST(DeviceSpec, WritesAndMergesFields) {
  EXPECT_EQ(DeviceSpec::from_string("/GPU").to_string(), "/device:GPU:*");
  EXPECT_EQ((DeviceSpec{.job = "w", .device_type = "CPU", .device_index = 2}).to_string(), "/job:w/device:CPU:2");
  const auto merged = [](const char* outer, const char* inner) {
    return DeviceSpec::from_string(outer).make_merged_spec(DeviceSpec::from_string(inner)).to_string();
  };
  EXPECT_EQ(merged("/GPU:1", "/CPU"), "/device:CPU:1");
  EXPECT_EQ(merged("/GPU:1", ""), "/device:GPU:1");
  EXPECT_EQ(merged("/GPU:1", "/job:foo"), "/job:foo/device:GPU:1");
}

TEST(DeviceSpec, WhatIsMisspeltGetsASuggestion) {
  const auto said = [](const char* name) { return error_of<ValueError>([&] { DeviceSpec::from_string(name); }); };
  EXPECT_TRUE(said("/GPU0").ends_with("Did you mean GPU:0?")) << said("/GPU0");
  EXPECT_TRUE(said("gup:1").ends_with("Did you mean GPU:1?")) << said("gup:1");
  EXPECT_TRUE(said("/gup").ends_with("Did you mean GPU?")) << said("/gup");
  EXPECT_TRUE(said("cuda:0").ends_with("Use 'GPU:0' for the first GPU."));
  EXPECT_TRUE(said("/physical_device:GPU:0").ends_with("use a name such as '/GPU:0'."));
  EXPECT_TRUE(said("/elsewhere:0").ends_with("device spec: '/elsewhere:0'."));
}

}  // namespace
}  // namespace cornu
