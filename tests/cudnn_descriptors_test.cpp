// The virtual GPU's cuDNN holds descriptors to what the real one asks of them: what it accepts, the real one does too. Plans are
// made for a card's properties, no card is needed.
#include <gtest/gtest.h>

#include "tests/cudnn_describer.h"

namespace cornu::cuda {
namespace {

enum class Verdict {
  accepted,
  refused,
  refused_by_ours,  // the real one guesses, or sees it when it is too late
};

// A convolution, of which each case changes something.
struct Words {
  TensorWords x{.id = 1, .dims = {2, 8, 14, 14}}, w{.id = 2, .dims = {16, 8, 3, 3}}, y{.id = 3, .dims = {2, 16, 14, 14}};
  ConvolutionWords settings{{1, 1}, {1, 1}, {1, 1}, {1, 1}};
  void set_types(CudnnValue type) { x.type = w.type = y.type = type; }
};
struct WordsCase {
  const char* what;
  Verdict verdict;
  void (*change)(Words&);
};
constexpr WordsCase kWords[] = {
    {"as it is", Verdict::accepted, [](Words&) {}},
    {"two groups", Verdict::accepted, [](Words& c) { c.w.dims[1] = 4; }},
    {"depthwise", Verdict::accepted, [](Words& c) { c.w.dims[1] = 1; }},
    {"strides, and padding behind alone", Verdict::accepted,
     [](Words& c) {
       c.settings = {{2, 2}, {0, 0}, {1, 1}, {1, 1}};
       c.y.dims = {2, 16, 7, 7};
     }},
    {"dilation", Verdict::accepted,
     [](Words& c) {
       c.settings.dilation = {2, 2};
       c.y.dims = {2, 16, 12, 12};
     }},
    {"one axis", Verdict::accepted,
     [](Words& c) {
       for (TensorWords* one : {&c.x, &c.w, &c.y}) one->dims.pop_back();
       c.settings = {{1}, {1}, {1}, {1}};
     }},
    {"three axes", Verdict::accepted,
     [](Words& c) {
       c.x.dims = {2, 8, 6, 7, 5};
       c.w.dims = {16, 8, 3, 3, 3};
       c.y.dims = {2, 16, 6, 7, 5};
       c.settings = {{1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}};
     }},
    {"channels first", Verdict::accepted,
     [](Words& c) {
       for (TensorWords* one : {&c.x, &c.w, &c.y}) one->strides = channels_first(one->dims);
     }},
    {"a kernel in Keras's order", Verdict::accepted,
     [](Words& c) {
       c.w.strides = {1, 16, 16 * 8 * 3, 16 * 8};
     }},
    {"float16", Verdict::accepted, [](Words& c) { c.set_types(CUDNN_DATA_HALF); }},
    {"bfloat16", Verdict::accepted, [](Words& c) { c.set_types(CUDNN_DATA_BFLOAT16); }},
    {"float64", Verdict::accepted,
     [](Words& c) {
       c.set_types(CUDNN_DATA_DOUBLE);
       c.settings.type = CUDNN_DATA_DOUBLE;
     }},
    {"float64 in float32", Verdict::refused, [](Words& c) { c.set_types(CUDNN_DATA_DOUBLE); }},
    {"float32 in float64", Verdict::refused, [](Words& c) { c.settings.type = CUDNN_DATA_DOUBLE; }},
    {"float32 in float16", Verdict::refused, [](Words& c) { c.settings.type = CUDNN_DATA_HALF; }},
    {"one tensor of another type", Verdict::refused, [](Words& c) { c.x.type = CUDNN_DATA_HALF; }},
    {"a result of another type", Verdict::refused,
     [](Words& c) {
       c.set_types(CUDNN_DATA_HALF);
       c.y.type = CUDNN_DATA_FLOAT;
     }},
    {"a result too large", Verdict::refused, [](Words& c) { c.y.dims[2] = 15; }},
    {"a result too small", Verdict::refused, [](Words& c) { c.y.dims[2] = 13; }},
    {"another batch", Verdict::refused, [](Words& c) { c.y.dims[0] = 3; }},
    {"other filters", Verdict::refused, [](Words& c) { c.y.dims[1] = 17; }},
    {"channels that do not divide", Verdict::refused, [](Words& c) { c.w.dims[1] = 3; }},
    {"filters that do not divide", Verdict::refused,
     [](Words& c) {
       c.w.dims = {15, 4, 3, 3};
       c.y.dims[1] = 15;
     }},
    {"a kernel larger than its input", Verdict::refused,
     [](Words& c) {
       c.x.dims = {2, 8, 2, 2};
       c.y.dims = {2, 16, 1, 1};
       c.settings.low = c.settings.high = {0, 0};
     }},
    {"three axes over two", Verdict::refused,
     [](Words& c) {
       c.settings = {{1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}};
     }},
    {"negative padding", Verdict::refused,
     [](Words& c) {
       c.settings.low = {-1, -1};
       c.y.dims = {2, 16, 12, 12};
     }},
    {"no stride", Verdict::refused,
     [](Words& c) {
       c.settings.strides = {0, 1};
     }},
    {"no dilation", Verdict::refused,
     [](Words& c) {
       c.settings.dilation = {0, 1};
     }},
    {"one padding of two", Verdict::refused, [](Words& c) { c.settings.low = {1}; }},
    {"an alignment of no element", Verdict::refused, [](Words& c) { c.x.alignment = 2; }},
    {"no alignment", Verdict::refused, [](Words& c) { c.x.alignment = 0; }},
    {"a negative extent", Verdict::refused, [](Words& c) { c.x.dims[0] = c.y.dims[0] = -2; }},
    {"a negative stride in memory", Verdict::refused,
     [](Words& c) {
       c.x.strides = {-1568, 1, 112, 8};
     }},
    {"strides too few", Verdict::refused,
     [](Words& c) {
       c.x.strides = {1568, 1, 112};
     }},
    {"a unique id twice", Verdict::refused_by_ours, [](Words& c) { c.w.id = 1; }},
    {"a virtual result", Verdict::refused_by_ours, [](Words& c) { c.y.is_virtual = true; }},
};

enum class Which { forward, data, filter };
void describe(Describer& d, const Words& words, Which which) {
  const Described settings = d.convolution(words.settings);
  const Described x = d.tensor(words.x), w = d.tensor(words.w), y = d.tensor(words.y);
  d.plan(d.graph({which == Which::forward ? d.forward(x, w, y, settings)
                  : which == Which::data  ? d.backward_data(y, w, x, settings)
                                          : d.backward_filter(x, y, w, settings)}));
}

// A convolution with bias and ReLU, of these types.
struct Fused {
  CudnnValue type = CUDNN_DATA_FLOAT, bias = type, between = CUDNN_DATA_FLOAT, precision = CUDNN_DATA_FLOAT;
  Extents bias_dims = {1, 16, 1, 1};
};
void describe(Describer& d, const Fused& f) {
  Words words;
  words.set_types(f.type);
  words.y.is_virtual = true;
  words.y.type = f.between;
  TensorWords sum = words.y, z = words.y;
  sum.id = 5;
  z = {.id = 6, .dims = z.dims, .type = f.type};
  const Described y = d.tensor(words.y), on_sum = d.tensor(sum), b = d.tensor({.id = 4, .dims = f.bias_dims, .type = f.bias});
  d.plan(d.graph({d.forward(d.tensor(words.x), d.tensor(words.w), y, d.convolution(words.settings)),
                  d.pointwise(CUDNN_POINTWISE_ADD, y, b, on_sum, f.precision),
                  d.pointwise(CUDNN_POINTWISE_RELU_FWD, on_sum, nullptr, d.tensor(z), f.precision)}));
}

Described plain_operation(Describer& d, std::int64_t result = 3) {
  Words words;
  words.y.id = result;
  return d.forward(d.tensor(words.x), d.tensor(words.w), d.tensor(words.y), d.convolution(words.settings));
}
Described plain_graph(Describer& d) { return d.graph({plain_operation(d)}); }
std::string plain_text(Describer& d) {
  return d.read_text(d.plan(plain_graph(d)), CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION);
}
Described some_tensor(Describer& d) { return d.make(CUDNN_BACKEND_TENSOR_DESCRIPTOR); }

struct CallsCase {
  const char* what;
  Verdict verdict;
  void (*describe)(Describer&);
};
constexpr auto kId = CUDNN_ATTR_TENSOR_UNIQUE_ID;
constexpr std::int64_t kNumbers[] = {1, 2, 3};
#define WITHOUT(verdict, name)                                                                       \
  {                                                                                                  \
    "without " #name, Verdict::verdict, [](Describer& d) { d.omitted = name, describe(d, Fused()); } \
  }
const CallsCase kCalls[] = {
    {"an attribute of another type", Verdict::refused,
     [](Describer& d) { d.set(some_tensor(d), kId, CUDNN_TYPE_FLOAT, 1, kNumbers); }},
    {"an integer for a truth value", Verdict::refused,
     [](Describer& d) { d.set(some_tensor(d), CUDNN_ATTR_TENSOR_IS_VIRTUAL, {1}); }},
    {"two elements for one", Verdict::refused,
     [](Describer& d) {
       d.set(some_tensor(d), kId, {1, 2});
     }},
    {"no elements", Verdict::refused, [](Describer& d) { d.set(some_tensor(d), kId, CUDNN_TYPE_INT64, 0, kNumbers); }},
    {"elements at no address", Verdict::refused, [](Describer& d) { d.set(some_tensor(d), kId, CUDNN_TYPE_INT64, 1, nullptr); }},
    {"an attribute of another descriptor", Verdict::refused,
     [](Describer& d) { d.set(some_tensor(d), CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, {2}); }},
    {"no descriptor", Verdict::refused, [](Describer& d) { d.set(nullptr, kId, {2}); }},
    {"no stride in memory", Verdict::refused_by_ours,
     [](Describer& d) {
       d.tensor({.id = 1, .dims = {2, 8, 3, 3}, .strides = {0, 1, 24, 8}});
     }},
    {"set after it was finalized", Verdict::refused, [](Describer& d) { d.set(d.tensor(Words().x), kId, {7}); }},
    {"finalized twice", Verdict::refused, [](Describer& d) { d.finalize(d.tensor(Words().x)); }},
    {"read before it is finalized", Verdict::refused,
     [](Describer& d) {
       const Described tensor = some_tensor(d);
       d.set(tensor, kId, {1});
       d.count(tensor, kId, CUDNN_TYPE_INT64);
     }},
    {"read as another type", Verdict::refused, [](Describer& d) { d.count(d.tensor(Words().x), kId, CUDNN_TYPE_FLOAT); }},
    {"read from another descriptor", Verdict::refused,
     [](Describer& d) { d.count(d.tensor(Words().x), CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, CUDNN_TYPE_INT64); }},

    WITHOUT(refused, CUDNN_ATTR_TENSOR_DIMENSIONS),
    WITHOUT(refused, CUDNN_ATTR_TENSOR_STRIDES),
    WITHOUT(refused, CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT),
    WITHOUT(refused_by_ours, CUDNN_ATTR_TENSOR_DATA_TYPE),
    WITHOUT(refused, CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS),
    WITHOUT(refused, CUDNN_ATTR_CONVOLUTION_DILATIONS),
    WITHOUT(refused, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES),
    WITHOUT(refused_by_ours, CUDNN_ATTR_CONVOLUTION_COMP_TYPE),
    WITHOUT(refused, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X),
    WITHOUT(refused, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W),
    WITHOUT(refused, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y),
    WITHOUT(refused, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC),
    WITHOUT(accepted, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA),
    WITHOUT(accepted, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA),
    WITHOUT(refused, CUDNN_ATTR_OPERATION_POINTWISE_XDESC),
    WITHOUT(refused, CUDNN_ATTR_OPERATION_POINTWISE_BDESC),
    WITHOUT(refused, CUDNN_ATTR_OPERATION_POINTWISE_YDESC),
    WITHOUT(refused, CUDNN_ATTR_OPERATIONGRAPH_OPS),
    WITHOUT(refused, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH),
    WITHOUT(refused, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG),
    WITHOUT(refused_by_ours, CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP),
    WITHOUT(refused, CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION),

    {"a tensor that is not finalized", Verdict::refused,
     [](Describer& d) {
       const Described operation = d.make(CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR);
       d.hold(operation, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, {some_tensor(d)});
       d.finalize(operation);
     }},
    {"an operation that is not finalized", Verdict::refused,
     [](Describer& d) { d.graph({d.make(CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR)}); }},
    {"a graph that is not finalized", Verdict::refused,
     [](Describer& d) { d.plan(d.make(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR)); }},
    {"a configuration of nobody", Verdict::refused, [](Describer& d) { d.plan_of(d.make(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR)); }},
    {"two operations that make a tensor", Verdict::refused,
     [](Describer& d) {
       d.graph({plain_operation(d), plain_operation(d)});
     }},

    {"fused", Verdict::accepted, [](Describer& d) { describe(d, Fused()); }},
    {"fused in float16", Verdict::accepted, [](Describer& d) { describe(d, Fused{.type = CUDNN_DATA_HALF}); }},
    {"fused in bfloat16", Verdict::accepted, [](Describer& d) { describe(d, Fused{.type = CUDNN_DATA_BFLOAT16}); }},
    {"float16 between two operations", Verdict::refused,
     [](Describer& d) { describe(d, Fused{.type = CUDNN_DATA_HALF, .between = CUDNN_DATA_HALF}); }},
    {"a bias of another type", Verdict::refused,
     [](Describer& d) { describe(d, Fused{.type = CUDNN_DATA_HALF, .bias = CUDNN_DATA_FLOAT}); }},
    {"an addition in float16", Verdict::refused,
     [](Describer& d) { describe(d, Fused{.type = CUDNN_DATA_HALF, .precision = CUDNN_DATA_HALF}); }},
    {"a bias of other extents", Verdict::refused,
     [](Describer& d) {
       describe(d, Fused{.bias_dims = {1, 15, 1, 1}});
     }},
    {"a bias of other rank", Verdict::refused,
     [](Describer& d) {
       describe(d, Fused{.bias_dims = {1, 16, 1}});
     }},
    {"a virtual tensor that nothing makes", Verdict::refused,
     [](Describer& d) {
       const Described y = d.tensor({.id = 1, .dims = {2, 16, 14, 14}, .is_virtual = true});
       d.plan(d.graph({d.pointwise(CUDNN_POINTWISE_RELU_FWD, y, nullptr, d.tensor(Words().y))}));
     }},

    {"properties that are no JSON", Verdict::refused, [](Describer& d) { d.device("nonsense"); }},
    {"properties of which most are missing", Verdict::refused, [](Describer& d) { d.device(R"({"deviceVer": 900})"); }},
    {"bfloat16 on a T4", Verdict::refused,
     [](Describer& d) {
       d.card = "t4";
       describe(d, Fused{.type = CUDNN_DATA_BFLOAT16});
     }},

    {"a plan's text", Verdict::accepted, [](Describer& d) { d.plan_of(plain_text(d)); }},
    {"half a plan's text", Verdict::refused,
     [](Describer& d) {
       const std::string text = plain_text(d);
       d.plan_of(text.substr(0, text.size() / 2));
     }},
    {"a text with nothing in it", Verdict::refused, [](Describer& d) { d.plan_of("{}"); }},
    {"a plan's text of another version", Verdict::refused,
     [](Describer& d) {
       std::string text = plain_text(d);
       if (!d.is_refused()) text.replace(text.find("\"cudnnVersion\":9") + 15, 5, "91000");
       d.plan_of(text);
     }},
    {"a plan's text for another card", Verdict::refused,
     [](Describer& d) {
       const std::string text = plain_text(d);
       d.card = "t4";
       d.plan_of(text);
     }},

    {"a variant pack", Verdict::accepted,
     [](Describer& d) {
       d.pack({1, 2}, {kNumbers, kNumbers + 1}, kNumbers);
     }},
    {"a variant pack with an id twice", Verdict::refused_by_ours,
     [](Describer& d) {
       d.pack({1, 1}, {kNumbers, kNumbers + 1}, kNumbers);
     }},
};

void expect(Verdict verdict, const Describer& d, bool is_ours, const std::string& what) {
  const bool is_refused = verdict == Verdict::refused || (is_ours && verdict == Verdict::refused_by_ours);
  EXPECT_EQ(d.is_refused(), is_refused) << what << ": " << d.message();
}
void expect_all(const Cudnn& cudnn, bool is_ours) {
  for (const WordsCase& one : kWords)
    for (const Which which : {Which::forward, Which::data, Which::filter}) {
      Describer d(cudnn);
      Words words;
      one.change(words);
      describe(d, words, which);
      expect(one.verdict, d, is_ours, one.what + std::string(", ") + std::to_string(static_cast<int>(which)));
    }
  for (const CallsCase& one : kCalls) {
    Describer d(cudnn);
    one.describe(d);
    expect(one.verdict, d, is_ours, one.what);
  }
}
void expect_counts(const Cudnn& cudnn) {
  Describer d(cudnn);
  const Described tensor = d.tensor(Words().x);
  ASSERT_FALSE(d.is_refused()) << d.message();
  for (const auto& [wanted, expected] : {std::pair{0, 4}, {1, 1}, {2, 2}, {4, 4}, {8, 4}}) {
    std::int64_t got = -1;
    Extents dims(8);
    EXPECT_EQ(cudnn.cudnnBackendGetAttribute(tensor, CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, wanted, &got,
                                             wanted ? dims.data() : nullptr),
              CUDNN_STATUS_SUCCESS);
    EXPECT_EQ(got, expected);
    EXPECT_EQ(dims[1], wanted > 1 ? 8 : 0);
  }
}

TEST(CudnnDescriptors, AreHeldToTheirContractByTheVirtualGpu) {
  setenv("CORNU_CUDA_LIB_DIR", CORNU_BINARY_DIR "/virtual-gpu", 1);
  const auto ours = open<Cudnn>();
  ASSERT_EQ(ours.problem, "");
  expect_all(ours.table, true);
  expect_counts(ours.table);
  Described gone = nullptr;
  ours.table.cudnnBackendCreateDescriptor(CUDNN_BACKEND_TENSOR_DESCRIPTOR, &gone);
  ours.table.cudnnBackendDestroyDescriptor(gone);
  EXPECT_DEATH(ours.table.cudnnBackendFinalize(gone), "a descriptor that was destroyed");
}

TEST(CudnnDescriptors, AreHeldToItByCudnn) {
  unsetenv("CORNU_CUDA_LIB_DIR");
  const auto real = open<Cudnn>();
  if (!real.problem.empty()) GTEST_SKIP() << real.problem;
  if (real.library.path().find("virtual-gpu") != std::string::npos) GTEST_SKIP() << "the virtual GPU's is in its place";
  expect_all(real.table, false);
  expect_counts(real.table);
}

}  // namespace
}  // namespace cornu::cuda
