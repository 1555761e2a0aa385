// Convolutions by cuDNN, the virtual GPU's (or with CORNU_TEST_GPU=real this machine's own), against the records' references.
#include "cornu/ops/conv/conv.h"
#include "tests/cudnn_describer.h"
#include "tests/gpu_test.h"
#include "tests/lowering_harness.h"

namespace cornu::cuda {
namespace {

using devices::Allocator;
using ir::Value;
using ops::conv_op;
using testing::Bytes;

// In Keras's layout.
struct Geometry {
  Shape x, kernel, y;
  ops::ConvAttributes attributes;
};
const Geometry kPlain{{2, 7, 6, 4}, {3, 3, 4, 8}, {2, 5, 4, 8}, {{1, 1}, {0, 0}, {0, 0}, {1, 1}}};
const Geometry kGeometries[] = {
    kPlain,
    {{3, 5, 5, 1}, {3, 3, 1, 5}, {3, 5, 5, 5}, {{1, 1}, {1, 1}, {1, 1}, {1, 1}}},
    {{2, 9, 8, 3}, {3, 2, 3, 7}, {2, 4, 3, 7}, {{2, 3}, {0, 0}, {0, 0}, {1, 1}}},
    {{2, 8, 8, 3}, {3, 3, 3, 4}, {2, 4, 4, 4}, {{2, 2}, {0, 0}, {1, 1}, {1, 1}}},  // padding behind alone
    {{1, 9, 9, 2}, {3, 3, 2, 3}, {1, 7, 6, 3}, {{1, 1}, {2, 1}, {0, 0}, {2, 2}}},
    {{2, 8, 9, 5}, {1, 1, 5, 3}, {2, 4, 5, 3}, {{2, 2}, {0, 0}, {0, 0}, {1, 1}}},  // leaves elements out
    {{2, 5, 6, 6}, {2, 3, 2, 9}, {2, 4, 4, 9}, {{1, 1}, {0, 0}, {0, 0}, {1, 1}, 3}},
    {{2, 6, 5, 4}, {3, 3, 1, 4}, {2, 6, 5, 4}, {{1, 1}, {1, 1}, {1, 1}, {1, 1}, 4}},  // depthwise
    {{2, 6, 5, 3}, {3, 3, 1, 6}, {2, 3, 3, 6}, {{2, 2}, {1, 1}, {1, 1}, {1, 1}, 3}},
    {{2, 1, 11, 4}, {1, 4, 4, 5}, {2, 1, 6, 5}, {{1, 2}, {0, 3}, {0, 0}, {1, 1}}},  // one axis, as two
    {{2, 10, 3}, {3, 3, 4}, {2, 4, 4}, {{2}, {0}, {0}, {1}}},                       // and as itself
    {{1, 4, 5, 6, 2}, {2, 3, 3, 2, 3}, {1, 3, 5, 3, 3}, {{1, 1, 2}, {0, 1, 1}, {0, 1, 1}, {1, 1, 1}}},
};

CudnnValue type_of(DType dtype) {
  if (dtype == float64) return CUDNN_DATA_DOUBLE;
  if (dtype == float16) return CUDNN_DATA_HALF;
  return dtype == bfloat16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
}
CudnnValue compute_type_of(DType dtype) { return dtype == float64 ? CUDNN_DATA_DOUBLE : CUDNN_DATA_FLOAT; }

// Dimensions as cuDNN orders them, and Keras's order in memory as strides.
TensorWords in_kerass_layout(std::int64_t id, const Shape& shape, bool is_kernel, DType dtype) {
  const auto rank = static_cast<std::size_t>(shape.rank());
  Extents strides(rank, 1);
  for (std::size_t i = rank - 1; i-- > 0;) strides[i] = strides[i + 1] * shape[static_cast<int64_t>(i) + 1];
  std::vector<std::size_t> order{is_kernel ? rank - 1 : 0, is_kernel ? rank - 2 : rank - 1};
  for (std::size_t i = is_kernel ? 0 : 1; order.size() < rank; ++i) order.push_back(i);
  TensorWords words{.id = id, .dims = {}, .type = type_of(dtype)};
  for (const std::size_t axis : order) {
    words.dims.push_back(shape[static_cast<int64_t>(axis)]);
    words.strides.push_back(strides[axis]);
  }
  return words;
}

// The same tensor's bytes, in memory by other strides.
Bytes moved(const Bytes& bytes, const TensorWords& from, const TensorWords& to, std::size_t element) {
  Bytes out(bytes.size());
  Extents index(from.dims.size());
  for (std::size_t i = 0; i < bytes.size() / element; ++i) {
    std::int64_t a = 0, b = 0;
    for (std::size_t axis = 0; axis < index.size(); ++axis) {
      a += index[axis] * from.strides[axis];
      b += index[axis] * to.strides[axis];
    }
    std::copy_n(bytes.begin() + a * static_cast<std::int64_t>(element), element,
                out.begin() + b * static_cast<std::int64_t>(element));
    for (std::size_t axis = index.size(); axis-- > 0 && ++index[axis] == from.dims[axis];) index[axis] = 0;
  }
  return out;
}

class VirtualCudnn : public GpuTest {
 protected:
  void SetUp() override {
    GpuTest::SetUp();
    if (!IsSkipped()) stream();
  }
  void TearDown() override {
    if (handle_) cudnn().cudnnDestroy(handle_);
  }
  static const Cudnn& cudnn() { return need<Cudnn>(); }
  cudnnHandle_t handle() {
    if (!handle_) {
      EXPECT_EQ(cudnn().cudnnCreate(&handle_), CUDNN_STATUS_SUCCESS);
      EXPECT_EQ(cudnn().cudnnSetStream(handle_, stream().handle()), CUDNN_STATUS_SUCCESS);
    }
    return handle_;
  }

  Allocator::Piece to_card(const Bytes& bytes) {
    auto piece = card().allocate(bytes.size(), "tensor");
    CORNU_DRIVER_CALL(cuMemcpyHtoDAsync_v2, piece.address(), bytes.data(), bytes.size(), stream().handle());
    return piece;
  }
  Bytes from_card(const Allocator::Piece& piece, std::size_t bytes) {
    Bytes out(bytes);
    CORNU_DRIVER_CALL(cuMemcpyDtoHAsync_v2, out.data(), piece.address(), bytes, stream().handle());
    stream().wait();
    return out;
  }
  static const void* at(const Allocator::Piece& piece, std::uintptr_t offset = 0) {
    return reinterpret_cast<const void*>(piece.address() + offset);
  }
  std::int64_t workspace_of(Describer& describer, Described plan) {
    std::int64_t bytes = 0;
    describer.expect(
        cudnn().cudnnBackendGetAttribute(plan, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 1, nullptr, &bytes));
    return bytes;
  }
  void run(Describer& describer, Described plan, const Extents& ids, const std::vector<const void*>& pointers) {
    if (describer.is_refused()) return;
    workspaces_.push_back(
        card().allocate(static_cast<std::size_t>(std::max<std::int64_t>(workspace_of(describer, plan), 1)), "workspace"));
    const Described pack = describer.pack(ids, pointers, at(workspaces_.back()));
    if (!describer.is_refused()) describer.expect(cudnn().cudnnBackendExecute(handle(), plan, pack));
  }

  enum class Which { forward, data, filter };
  // What one of the three makes of a, b into c, whose order in memory `strides` may change.
  void check(const Geometry& g, DType dtype, Which which, Extents (*strides)(const Extents&) = nullptr) {
    const Value x = ir::parameter({dtype, g.x}), k = ir::parameter({dtype, g.kernel});
    const Value y = ir::make_node(conv_op, ir::Attributes::of(g.attributes), {x, k})[0];
    ASSERT_EQ(y.shape(), g.y);
    const Value dy = ir::parameter(y.spec());
    const auto gradients = conv_op.vjp({y.node(), y->operands(), std::vector{y}, std::vector{dy}});
    const Value a = which == Which::data ? dy : x, b = which == Which::filter ? dy : k;
    const Value c = which == Which::forward ? y : gradients[which == Which::data ? 0 : 1];
    const std::vector<Bytes> in = testing::random_bytes({a, b});
    const Bytes expected = testing::evaluate({a, b}, in, {c})[0];

    const std::vector<TensorWords> keras = {in_kerass_layout(1, a.shape(), false, dtype),
                                            in_kerass_layout(2, b.shape(), which != Which::filter, dtype),
                                            in_kerass_layout(3, c.shape(), which == Which::filter, dtype)};
    std::vector<TensorWords> words = keras;
    if (strides)
      for (TensorWords& one : words) one.strides = strides(one.dims);
    const auto on_a = to_card(moved(in[0], keras[0], words[0], dtype.size()));
    const auto on_b = to_card(moved(in[1], keras[1], words[1], dtype.size()));
    const auto on_c = card().allocate(expected.size(), "result");

    Describer describer(cudnn());
    describer.handle = handle();
    const Described settings = describer.convolution({g.attributes.strides, g.attributes.padding_low, g.attributes.padding_high,
                                                      g.attributes.dilation, compute_type_of(dtype)});
    const Described t[] = {describer.tensor(words[0]), describer.tensor(words[1]), describer.tensor(words[2])};
    const Described operation = which == Which::forward ? describer.forward(t[0], t[1], t[2], settings)
                                : which == Which::data  ? describer.backward_data(t[0], t[1], t[2], settings)
                                                        : describer.backward_filter(t[0], t[1], t[2], settings);
    run(describer, describer.plan(describer.graph({operation})), {1, 2, 3}, {at(on_a), at(on_b), at(on_c)});
    ASSERT_FALSE(describer.is_refused()) << describer.message();
    const Bytes got = moved(from_card(on_c, expected.size()), words[2], keras[2], dtype.size());
    expect_near(c.spec(), got, expected);
  }
  static void expect_near(const ir::Spec& spec, const Bytes& got, const Bytes& expected) {
    const auto left = testing::as_doubles(spec, got), right = testing::as_doubles(spec, expected);
    const DType dtype = spec.dtype;
    const double tolerance = dtype == bfloat16 ? 8e-3 : dtype == float16 ? 1e-3 : dtype == float64 ? 1e-14 : 2e-6;
    double largest = 1e-3;
    for (const double value : right) largest = std::max(largest, std::abs(value));
    for (std::size_t i = 0; i < left.size(); ++i) ASSERT_NEAR(left[i], right[i], tolerance * largest) << "at " << i;
  }

  // A forward pass of kPlain in float32, of which tests change one thing.
  struct Forward {
    Allocator::Piece on_x, on_kernel, on_y;
    std::size_t y_bytes;
    ir::Spec spec;
    Bytes expected;
  };
  Forward forward() {
    const Value x = ir::parameter({float32, kPlain.x}), k = ir::parameter({float32, kPlain.kernel});
    const Value y = ir::make_node(conv_op, ir::Attributes::of(kPlain.attributes), {x, k})[0];
    const std::vector<Bytes> in = testing::random_bytes({x, k});
    const std::size_t bytes = y.spec().shape.elements() * sizeof(float);
    auto result = card().allocate(bytes, "result");
    return {to_card(in[0]), to_card(in[1]), std::move(result), bytes, y.spec(), testing::evaluate({x, k}, in, {y})[0]};
  }
  std::vector<Described> tensors(Describer& describer, bool is_virtual = false) {
    TensorWords y = in_kerass_layout(3, kPlain.y, false, float32);
    y.is_virtual = is_virtual;
    return {describer.tensor(in_kerass_layout(1, kPlain.x, false, float32)),
            describer.tensor(in_kerass_layout(2, kPlain.kernel, true, float32)), describer.tensor(y),
            describer.convolution({{1, 1}, {0, 0}, {0, 0}, {1, 1}})};
  }
  Described plain_graph(Describer& describer, double alpha = 1, double beta = 0) {
    const auto t = tensors(describer);
    return describer.graph({describer.forward(t[0], t[1], t[2], t[3], alpha, beta)});
  }

 private:
  cudnnHandle_t handle_ = nullptr;
  std::vector<Allocator::Piece> workspaces_;
};

TEST_F(VirtualCudnn, ConvolutionsEqualTheRecords) {
  for (const Geometry& geometry : kGeometries)
    for (const Which which : {Which::forward, Which::data, Which::filter}) {
      check(geometry, float32, which);
      check(geometry, float32, which, channels_last);
      if (HasFatalFailure()) FAIL() << to_string(geometry.x) << " " << int(which);
    }
}

TEST_F(VirtualCudnn, ChannelsMayComeFirst) {
  for (const Geometry& geometry : kGeometries)
    for (const Which which : {Which::forward, Which::data, Which::filter}) check(geometry, float32, which, channels_first);
}

TEST_F(VirtualCudnn, EveryFloatingType) {
  for (const DType dtype : {float16, bfloat16, float64})
    for (const int i : {0, 3, 4, 6, 7})
      for (const Which which : {Which::forward, Which::data, Which::filter}) check(kGeometries[i], dtype, which);
}

TEST_F(VirtualCudnn, BiasAndReluAreFused) {
  const Forward f = forward();
  const Bytes bias = testing::random_bytes({float32, {kPlain.y[-1]}}, 5);
  const auto on_bias = to_card(bias);
  Describer describer(cudnn());
  describer.handle = handle();
  const auto t = tensors(describer, true);
  const Described b = describer.tensor({.id = 4, .dims = {1, 8, 1, 1}});
  const Described sum = describer.tensor({.id = 5, .dims = {2, 8, 5, 4}, .is_virtual = true});
  const Described z = describer.tensor({.id = 6, .dims = {2, 8, 5, 4}});
  const Described graph =
      describer.graph({describer.pointwise(CUDNN_POINTWISE_RELU_FWD, sum, nullptr, z),
                       describer.pointwise(CUDNN_POINTWISE_ADD, t[2], b, sum), describer.forward(t[0], t[1], t[2], t[3])});
  run(describer, describer.plan(graph), {6, 4, 2, 1}, {at(f.on_y), at(on_bias), at(f.on_kernel), at(f.on_x)});
  ASSERT_FALSE(describer.is_refused()) << describer.message();
  Bytes expected = f.expected;
  auto* values = reinterpret_cast<float*>(expected.data());
  for (std::size_t i = 0; i < expected.size() / sizeof(float); ++i)
    values[i] = std::max(0.f, values[i] + reinterpret_cast<const float*>(bias.data())[i % 8]);
  expect_near(f.spec, from_card(f.on_y, f.y_bytes), expected);
}

TEST_F(VirtualCudnn, AlphaAndBetaScale) {
  const Forward f = forward();
  Describer describer(cudnn());
  describer.handle = handle();
  const auto with = [&](double alpha, double beta) {
    run(describer, describer.plan(plain_graph(describer, alpha, beta)), {1, 2, 3}, {at(f.on_x), at(f.on_kernel), at(f.on_y)});
  };
  with(1, 0);
  with(-0.5, 2);
  ASSERT_FALSE(describer.is_refused()) << describer.message();
  Bytes expected = f.expected;
  auto* values = reinterpret_cast<float*>(expected.data());
  for (std::size_t i = 0; i < expected.size() / sizeof(float); ++i) values[i] *= 1.5f;
  expect_near(f.spec, from_card(f.on_y, f.y_bytes), expected);
}

TEST_F(VirtualCudnn, ATextMakesThePlanAgain) {
  const Forward f = forward();
  Describer describer(cudnn());
  describer.handle = handle();
  const std::string text =
      describer.read_text(describer.plan(plain_graph(describer)), CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION);
  run(describer, describer.plan_of(text), {1, 2, 3}, {at(f.on_x), at(f.on_kernel), at(f.on_y)});
  ASSERT_FALSE(describer.is_refused()) << describer.message();
  expect_near(f.spec, from_card(f.on_y, f.y_bytes), f.expected);
  std::string older = text;
  older.replace(older.find(std::to_string(cudnn().cudnnGetVersion())), 5, "91000");
  for (const auto& [wrong, status] :
       {std::pair{older, CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH}, {text.substr(0, text.size() / 2), CUDNN_STATUS_BAD_PARAM}}) {
    Describer other(cudnn());
    other.handle = handle();
    other.plan_of(wrong);
    EXPECT_EQ(other.status(), status) << other.message();
  }
}

// Nothing of a plan is needed when its work comes to be done.
TEST_F(VirtualCudnn, DescriptorsMayGoBeforeTheWorkIsDone) {
  const Forward f = forward();
  {
    Describer describer(cudnn());
    describer.handle = handle();
    run(describer, describer.plan(plain_graph(describer)), {1, 2, 3}, {at(f.on_x), at(f.on_kernel), at(f.on_y)});
    ASSERT_FALSE(describer.is_refused()) << describer.message();
  }
  expect_near(f.spec, from_card(f.on_y, f.y_bytes), f.expected);
}

TEST_F(VirtualCudnn, ARecordedGraphHasIt) {
  const Forward f = forward();
  stream().wait();
  Describer describer(cudnn());
  describer.handle = handle();
  const Described plan = describer.plan(plain_graph(describer));
  const auto workspace = card().allocate(static_cast<std::size_t>(workspace_of(describer, plan)) + 1, "workspace");
  const Described pack = describer.pack({1, 2, 3}, {at(f.on_x), at(f.on_kernel), at(f.on_y)}, at(workspace));
  ASSERT_FALSE(describer.is_refused()) << describer.message();
  CUgraph graph = nullptr;
  CUgraphExec runnable = nullptr;
  CORNU_DRIVER_CALL(cuStreamBeginCapture_v2, stream().handle(), CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
  EXPECT_EQ(cudnn().cudnnBackendExecute(handle(), plan, pack), CUDNN_STATUS_SUCCESS);
  CORNU_DRIVER_CALL(cuStreamEndCapture, stream().handle(), &graph);
  CORNU_DRIVER_CALL(cuGraphInstantiateWithFlags, &runnable, graph, 0);
  for (int i = 0; i < 2; ++i) {
    CORNU_DRIVER_CALL(cuMemsetD8Async, f.on_y.address(), 0xff, f.y_bytes, stream().handle());
    CORNU_DRIVER_CALL(cuGraphLaunch, runnable, stream().handle());
    expect_near(f.spec, from_card(f.on_y, f.y_bytes), f.expected);
  }
  CORNU_DRIVER_CALL(cuGraphExecDestroy, runnable);
  CORNU_DRIVER_CALL(cuGraphDestroy, graph);
}

// The first engine for float32 multiplies as tensor cores do.
TEST_F(VirtualCudnn, AnEngineMayMultiplyInTensorFloat32) {
  if (is_real()) GTEST_SKIP() << "which engine comes first is the card's affair";
  const Forward f = forward();
  Describer describer(cudnn());
  describer.handle = handle();
  const auto engines = describer.configurations(plain_graph(describer), CUDNN_HEUR_MODE_A);
  ASSERT_FALSE(engines.empty()) << describer.message();
  EXPECT_EQ(describer.notes(engines[0], CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE),
            std::vector<int>{CUDNN_NUMERICAL_NOTE_TENSOR_CORE});
  run(describer, describer.plan_of(engines[0]), {1, 2, 3}, {at(f.on_x), at(f.on_kernel), at(f.on_y)});
  ASSERT_FALSE(describer.is_refused()) << describer.message();
  const auto got = testing::as_doubles(f.spec, from_card(f.on_y, f.y_bytes)), exact = testing::as_doubles(f.spec, f.expected);
  double largest = 0;
  for (std::size_t i = 0; i < got.size(); ++i) largest = std::max(largest, std::abs(got[i] - exact[i]));
  EXPECT_GT(largest, 1e-5);
  EXPECT_LT(largest, 1e-2);
}

TEST_F(VirtualCudnn, RefusesMemoryThatDoesNotServe) {
  if (is_real()) GTEST_SKIP() << "a real one need not notice";
  const Forward f = forward();
  const auto room = card().allocate(std::size_t{1} << 16, "room");
  const void *x = at(f.on_x), *k = at(f.on_kernel), *y = at(f.on_y), *workspace = at(room);
  Bytes host(f.y_bytes);
  struct Wrong {
    const char* what;
    Extents ids;
    std::vector<const void*> pointers;
    const void* workspace;
    cudnnStatus_t status;
  };
  const Wrong cases[] = {
      {"nothing wrong", {1, 2, 3}, {x, k, y}, workspace, CUDNN_STATUS_SUCCESS},
      {"misaligned", {1, 2, 3}, {x, k, at(room, 8192 + 4)}, workspace, CUDNN_STATUS_BAD_PARAM_MISALIGNED_POINTER},
      {"the host's memory", {1, 2, 3}, {x, k, host.data()}, workspace, CUDNN_STATUS_BAD_PARAM},
      {"no memory", {1, 2, 3}, {x, k, nullptr}, workspace, CUDNN_STATUS_BAD_PARAM},
      {"no workspace", {1, 2, 3}, {x, k, y}, nullptr, CUDNN_STATUS_BAD_PARAM},
      {"an id too few", {1, 2}, {x, k}, workspace, CUDNN_STATUS_BAD_PARAM},
      {"an id too many", {1, 2, 3, 4}, {x, k, y, at(room, 8192)}, workspace, CUDNN_STATUS_BAD_PARAM},
      {"an unknown id", {1, 2, 5}, {x, k, y}, workspace, CUDNN_STATUS_BAD_PARAM},
      {"an id twice", {1, 2, 2}, {x, k, y}, workspace, CUDNN_STATUS_BAD_PARAM},
      {"pointers too few", {1, 2, 3}, {x, k}, workspace, CUDNN_STATUS_BAD_PARAM},
      {"a result over its input", {1, 2, 3}, {x, k, x}, workspace, CUDNN_STATUS_BAD_PARAM},
      {"a result in the workspace", {1, 2, 3}, {x, k, at(room, 64)}, workspace, CUDNN_STATUS_BAD_PARAM},
  };
  for (const Wrong& wrong : cases) {
    Describer describer(cudnn());
    describer.handle = handle();
    const Described plan = describer.plan(plain_graph(describer));
    ASSERT_FALSE(describer.is_refused()) << describer.message();
    const Described pack = describer.pack(wrong.ids, wrong.pointers, wrong.workspace);
    if (!describer.is_refused()) describer.expect(cudnn().cudnnBackendExecute(handle(), plan, pack));
    EXPECT_EQ(describer.status(), wrong.status) << wrong.what << ": " << describer.message();
  }
  Describer describer(cudnn());
  const Described plan = describer.make(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
  EXPECT_EQ(cudnn().cudnnBackendExecute(handle(), plan, plan), CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED);
}

TEST_F(VirtualCudnn, AScriptRefuses) {
  if (is_real()) GTEST_SKIP() << "a real card has no script";
  Describer describer(cudnn());
  describer.handle = handle();
  const Described graph = plain_graph(describer);
  std::optional<ScriptedAnswers> answers(R"("cudnnBackendExecute": {"answer": 5000},
                                            "cudnnBackendFinalize of a plan": {"after": 1, "answer": 3000})");
  describer.plan(graph);
  EXPECT_FALSE(describer.is_refused()) << describer.message();
  EXPECT_EQ(cudnn().cudnnBackendExecute(handle(), nullptr, nullptr), CUDNN_STATUS_EXECUTION_FAILED);
  describer.plan(graph);
  answers.reset();
  EXPECT_EQ(describer.status(), CUDNN_STATUS_NOT_SUPPORTED);
  EXPECT_EQ(describer.message(), "cudnnBackendFinalize: the script has it refuse");
}

}  // namespace
}  // namespace cornu::cuda
