#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "cornu/keras/ops/core.h"
#include "cornu/keras/ops/function_record.h"
#include "cornu/keras/ops/numpy.h"
#include "tests/golden_file.h"
#include "tests/ops/golden_control.h"

// Every function of keras.ops by its name, on what real Keras computed (tools/golden/README.md): eagerly, in a traced function,
// and its gradients.

namespace cornu::keras::ops {
namespace {

// The arguments that C++ or the file's format name otherwise than Keras's constructors.
Json config_of(const Json& test) {
  Json config = test.value("attributes", Json::object());
  if (test["op"] == "slice_update") config["start_indices"] = test["inputs"][1]["scalar"];
  if (test["op"] != "get_item") return config;
  for (Json& part : config["key"]) {
    if (part == "...") part = Json{{"class_name", "__ellipsis__"}, {"config", Json::object()}};
    if (part.is_array())
      part = Json{{"class_name", "__slice__"}, {"config", {{"start", part[0]}, {"stop", part[1]}, {"step", part[2]}}}};
  }
  return config;
}

// Tensors that a case gives by name.
const std::map<std::string, std::vector<std::string>> kNamedOperands{
    {"linspace", {"start", "stop"}}, {"logspace", {"start", "stop"}}, {"full_like", {"fill_value"}}};

// Functions whose golden inputs are no operands of a record.
using Direct = Tensor (*)(const std::vector<Tensor>& inputs);
const std::map<std::string, Direct> kDirect{
    {"clip", [](const std::vector<Tensor>& x) { return clip(x[0], x[1], x[2]); }},
};

// Where Keras's numbers are not followed, and why.
const std::map<std::string, std::string> kExempt{
    {"exp2/special,bfloat16", "Keras rounds x log(2) to bfloat16, and is off by a third where the result is large"},
    {"logical_not/special,bfloat16", "a denormal is 0"},
    {"i0/int64[5]", "float64, as where 64-bit types stay; the case is Keras's default, whose lattice makes it float32"},
    {"argmax/special,axis=1", "on the CPU Keras ranks -0 below 0, against a fault of XLA's"},
};

// Functions of these families that Cornu does not have.
const std::set<std::string> kMissing{
    "adaptive_average_pool",
    "adaptive_max_pool",
    "batch_normalization",
    "bincount",  // the extent of its result depends on the data
    "layer_normalization",
    "rms_normalization",
};

// What has no spec where a dim is unknown: how many results, or axes, there are depends on it.
bool wants_known_dims(const Json& test) {
  return test["op"] == "unstack" || (test["op"] == "squeeze" && test["attributes"]["axis"].is_null());
}

// Is it called with functions, which no config holds?
bool has_function(const Json& test) { return test.contains("attributes") && test["attributes"].contains("function"); }

TensorNest call(const Json& test, const std::vector<Tensor>& inputs) {
  if (has_function(test)) return call_control(test["attributes"], inputs);
  const std::string op = test["op"];
  if (const auto direct = kDirect.find(op); direct != kDirect.end()) return direct->second(inputs);
  const Json config = config_of(test);
  const auto operation = find_function(op)->make(config, Json(), Json());
  Arguments arguments;
  if (test.value("listed", false)) arguments.positional.emplace_back(inputs);
  else arguments.positional.assign(inputs.begin(), inputs.end());
  if (const auto named = kNamedOperands.find(op); named != kNamedOperands.end())
    for (const std::string& name : named->second) {
      Tensor operand;
      read_json(config[name], operand);
      arguments.positional.emplace_back(operand);
    }
  return operation->apply(arguments);
}

// The inputs with tensors replaced; numbers stay.
std::vector<Tensor> with_numbers(std::vector<Tensor> inputs, const std::vector<Tensor>& tensors) {
  std::size_t next = 0;
  for (Tensor& t : inputs)
    if (!t.is_number()) t = tensors.at(next++);
  return inputs;
}

double tolerance(DType dtype, const Json& expected) {
  const double plain = dtype == float64 ? 1e-12 : dtype == float16 ? 2e-3 : dtype == bfloat16 ? 2e-2 : 1e-5;
  const double keras = expected.value("error", 0.0);
  return keras > plain / 2 ? 2 * keras : plain;
}

// "" or what differs.
std::string difference(const Tensor& actual, const Tensor& expected, const Json& json) {
  // Two 32-bit integers of different sign meet in int64, which the golden files brought back to 32 bits.
  if (actual.dtype() == int64 && expected.dtype() == int32) return difference(cast(actual, int32), expected, json);
  if (actual.dtype() != expected.dtype())
    return fmt::format("dtype {} instead of {}", actual.dtype().name(), expected.dtype().name());
  if (actual.shape() != expected.shape())
    return fmt::format("shape {} instead of {}", to_string(actual.shape()), to_string(expected.shape()));
  if (actual.dtype() == int64 || actual.dtype() == uint64)
    return actual.to_vector<uint64_t>() == expected.to_vector<uint64_t>() ? "" : "other integers";
  const auto a = actual.to_vector<double>(), b = expected.to_vector<double>();
  double largest = 0;
  for (double v : b)
    if (std::isfinite(v)) largest = std::max(largest, std::abs(v));
  // Denormals may be flushed.
  const double allowed = actual.dtype().is_floating() ? tolerance(actual.dtype(), json) * largest + 2e-38 : 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const bool same = a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i])) || std::abs(a[i] - b[i]) <= allowed;
    if (!same) return fmt::format("element {} is {:.9g} instead of {:.9g} (allowed: {:.2g})", i, a[i], b[i], allowed);
  }
  return "";
}

class GoldenOps : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { file_.emplace(std::string("ops/") + GetParam() + ".npz"); }
  std::vector<Tensor> tensors(const Json& list) {
    std::vector<Tensor> out;
    for (const Json& item : list)
      if (!is_tuple(item)) out.push_back(file_->tensor(item));
    return out;
  }
  // The gradients by what tensors() gives of the inputs.
  static Json gradients_of(const Json& test) {
    Json out = Json::array();
    for (std::size_t i = 0; i < test["inputs"].size(); ++i)
      if (!is_tuple(test["inputs"][i])) out.push_back(test["gradients"][i]);
    return out;
  }
  static bool is_tuple(const Json& item) { return item.is_object() && item.contains("scalar") && item["scalar"].is_array(); }
  void compare(const std::vector<Tensor>& actual, const Json& expected, const std::string& what) {
    if (actual.size() != expected.size())
      return fail(what, fmt::format("{} results instead of {}", actual.size(), expected.size()));
    for (std::size_t i = 0; i < actual.size(); ++i) {
      if (expected[i].is_null()) continue;
      const Tensor wanted = file_->tensor(expected[i]);
      const Tensor got = actual[i].exists() ? actual[i] : zeros(wanted.shape(), wanted.dtype());
      if (const std::string text = difference(got, wanted, expected[i]); !text.empty())
        return fail(what, fmt::format("[{}] {}", i, text));
    }
  }
  // Runs f on each case whose function exists; an exception is a failure of that case.
  template <class F>
  void for_each_case(F&& f) {
    std::set<std::string> missing;
    int run = 0;
    for (const Json& test : file_->cases()) {
      if (!find_function(test["op"].get<std::string>())) {
        missing.insert(test["op"]);
        continue;
      }
      const std::string name = test["name"];
      if (kExempt.count(name)) continue;
      ++run;
      try {
        f(test, name, tensors(test["inputs"]));
      } catch (const std::exception& e) {
        fail(name, e.what());
      }
    }
    EXPECT_GT(run, 0);
    for (const std::string& op : missing) EXPECT_TRUE(kMissing.count(op)) << "keras.ops." << op << " is missing.";
    EXPECT_TRUE(failures_.empty()) << failures_.size() << " of " << run << " cases:\n"
                                   << fmt::format("{}", fmt::join(failures_, "\n"));
  }
  void fail(const std::string& name, const std::string& text) { failures_.push_back(name + ": " + text); }

  std::optional<GoldenFile> file_;
  std::vector<std::string> failures_;
};

TEST_P(GoldenOps, ComputesWhatKerasComputes) {
  for_each_case([&](const Json& test, const std::string& name, const std::vector<Tensor>& inputs) {
    compare(call(test, inputs).flatten(), test["outputs"], name);
  });
}

TEST_P(GoldenOps, ComputesTheSameInATracedFunction) {
  for_each_case([&](const Json& test, const std::string& name, const std::vector<Tensor>& inputs) {
    std::vector<Tensor> given;
    for (const Tensor& t : inputs)
      if (!t.is_number()) given.push_back(t);
    const Function traced = jit([&](const TensorNest& nest) { return call(test, with_numbers(inputs, nest.flatten())); });
    compare(traced(TensorNest(given)).flatten(), test["outputs"], name);
  });
}

// A model's input, with every dim unknown.
class AnyInput final : public Operation {
 public:
  AnyInput() : Operation("input") {}
  std::string class_name() const override { return "InputLayer"; }
  std::string module_name() const override { return "keras.layers"; }
  TensorNest compute(const Arguments& arguments) override { return arguments.first(); }
};
Tensor symbolic_like(const Tensor& t, int unknown_axis) {
  ir::Spec spec = t.spec();
  spec.shape[unknown_axis] = Shape::kUnknown;
  return symbolic_input(std::make_shared<AnyInput>(), spec, "input");
}

TEST_P(GoldenOps, DescribesItsResultWithAnUnknownDim) {
  for_each_case([&](const Json& test, const std::string& name, const std::vector<Tensor>& inputs) {
    if (inputs.empty() || inputs[0].is_number() || inputs[0].rank() == 0 || wants_known_dims(test) || has_function(test)) return;
    std::vector<Tensor> symbolic = inputs;
    symbolic[0] = symbolic_like(inputs[0], 0);
    const auto out = call(test, symbolic).flatten();
    if (out.size() != test["outputs"].size()) return fail(name, "another number of results");
    for (std::size_t i = 0; i < out.size(); ++i) {
      const Tensor expected = file_->tensor(test["outputs"][i]);
      if (!compatible(out[i].shape(), expected.shape()))
        fail(name, to_string(out[i].shape()) + " for " + to_string(expected.shape()));
      if (out[i].dtype() != expected.dtype() && out[i].dtype() != int64)
        fail(name, "dtype " + std::string(out[i].dtype().name()));
      EXPECT_EQ(out[i].symbolic()->node->operation->class_name(), find_function(test["op"].get<std::string>())->class_name);
    }
  });
}

TEST_P(GoldenOps, IsReadFromTheConfigThatItWrites) {
  for_each_case([&](const Json& test, const std::string& name, const std::vector<Tensor>&) {
    const FunctionRecord* function = find_function(test["op"].get<std::string>());
    if (function->class_name.empty() || has_function(test)) return;
    const auto operation = function->make(config_of(test), Json(), Json());
    Json args = Json::array(), kwargs = Json::object();
    for (int i = 0; i < function->tensors; ++i) args.push_back(nullptr);
    operation->add_call_arguments(args, kwargs);
    const auto again = find_function_class(function->class_name)->make(operation->get_config(), args, kwargs);
    Json args_again = Json::array(), kwargs_again = Json::object();
    for (int i = 0; i < function->tensors; ++i) args_again.push_back(nullptr);
    again->add_call_arguments(args_again, kwargs_again);
    EXPECT_EQ(again->get_config(), operation->get_config()) << name;
    EXPECT_EQ(args_again, args) << name;
    EXPECT_EQ(kwargs_again, kwargs) << name;
  });
}

TEST_P(GoldenOps, DifferentiatesAsKerasDoes) {
  for_each_case([&](const Json& test, const std::string& name, const std::vector<Tensor>& inputs) {
    if (!test.contains("gradients")) return;
    const auto cotangents = tensors(test["cotangents"]);
    const Json expected = gradients_of(test);
    const Function gradient = jit([&](const TensorNest& nest) -> TensorNest {
      const std::vector<Tensor> all = with_numbers(inputs, nest.flatten());
      const auto out = call(test, all).flatten();
      Tensor target = 0.0;
      for (std::size_t i = 0; i < out.size(); ++i)
        if (out[i].dtype().is_floating() && cotangents[i].exists())
          target = add(target, cast(sum(multiply(out[i], cotangents[i])), float64));
      std::vector<Tensor> wrt;
      for (std::size_t i = 0; i < all.size(); ++i)
        if (!expected[i].is_null()) wrt.push_back(all[i]);
      const auto found = gradients(target, wrt);
      std::vector<Tensor> grads;
      std::size_t next = 0;
      for (std::size_t i = 0; i < all.size(); ++i) {
        if (expected[i].is_null()) {
          grads.push_back(zeros({}));
          continue;
        }
        grads.push_back(found[next].exists() ? found[next] : zeros_like(wrt[next]));
        ++next;
      }
      return grads;
    });
    std::vector<Tensor> given;
    for (const Tensor& t : inputs)
      if (!t.is_number()) given.push_back(t);
    compare(gradient(TensorNest(given)).flatten(), expected, name);
  });
}

INSTANTIATE_TEST_SUITE_P(Families, GoldenOps,
                         testing::Values("unary", "binary", "comparison", "select_cast", "reduce", "matmul", "view", "gather",
                                         "sort", "control", "conv", "depthwise_conv", "conv_transpose", "pool", "softmax"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace cornu::keras::ops
