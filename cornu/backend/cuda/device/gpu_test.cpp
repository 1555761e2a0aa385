// What the backend asks of a card (tests/gpu_test.h); on a real one the tests of what only the virtual one shows are skipped.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstring>

#include "cornu/backend/cuda/device/device_target.h"
#include "cornu/backend/cuda/device/memory.h"
#include "cornu/backend/cuda/doctor/card.h"
#include "cornu/backend/cuda/kernel/kernel.h"
#include "cornu/backend/cuda/library/calls.h"
#include "cornu/base/environment.h"
#include "cornu/device/allocator.h"
#include "cornu/device/build_info.h"
#include "cornu/device/config.h"
#include "cornu/device/context.h"
#include "cornu/device/memory.h"
#include "cornu/io/file.h"
#include "cornu/target/named.h"
#include "tests/expect_error.h"
#include "tests/gpu_test.h"

namespace cornu::cuda {
namespace {

using devices::Allocator;

constexpr std::size_t kMib = 1 << 20;

constexpr const char* kText = R"(
extern "C" __global__ void fill(float* out, float value, int count) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) out[i] = value + i;
}
extern "C" __global__ void __launch_bounds__(128) reverse(float* data) {
  __shared__ float shared[128];
  shared[threadIdx.x] = data[blockIdx.x * 128 + threadIdx.x];
  __syncthreads();
  data[blockIdx.x * 128 + threadIdx.x] = shared[127 - threadIdx.x];
}
extern "C" __global__ void sum(const float* in, float* out) {
  float value = in[threadIdx.x];
  for (int lanes = 16; lanes > 0; lanes /= 2) value += __shfl_xor_sync(0xffffffff, value, lanes);
  out[threadIdx.x] = value;
}
)";

class VirtualGpuTest : public GpuTest {
 protected:
  void SetUp() override {
    if (is_real()) GTEST_SKIP() << "this is the virtual GPU's alone";
    GpuTest::SetUp();
  }
};

TEST_F(GpuTest, KernelsRunOnItsMemory) {
  const auto data = card().allocate(1024, "data"), sums = card().allocate(128, "sums");
  const Stream stream(gpu());
  const Module module(gpu(), compile(kText, architecture()));
  launch(module.find("fill"), {3, 100}, stream, data.address(), 2.0f, 256);
  EXPECT_EQ(read(data, 256, stream)[255], 257);
  launch(module.find("reverse"), {2, 128}, stream, data.address());
  const auto reversed = read(data, 256, stream);
  EXPECT_EQ(reversed[0], 129);
  EXPECT_EQ(reversed[255], 130);
  launch(module.find("sum"), {1, 32}, stream, data.address(), sums.address());
  EXPECT_EQ(read(sums, 32, stream)[31], 32 * (129 + 98) / 2);
}

TEST_F(GpuTest, ATextThatIsWrongIsShownWithTheCompilersWords) {
  const std::string refused = "extern \"C\" __global__ void f() { nonsense; }";
  const std::string text = error_of<DeviceError>([&] { compile(refused, 90); });
  EXPECT_NE(text.find("NVRTC refuses a kernel for sm_90 (NVRTC_ERROR_COMPILATION)"), std::string::npos) << text;
  const auto file = text.find("its text is in ") + 15;
  const io::FileBytes kept = io::map_file(text.substr(file, text.find(":\n", file) - file));
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(kept.data.get()), kept.size), refused);
  EXPECT_NE(text.find("nonsense"), std::string::npos) << text;
}

TEST_F(VirtualGpuTest, AKernelForAnotherArchitectureIsRefused) {
  EXPECT_NE(error_of<DeviceError>([&] { Module(gpu(), compile(kText, 120)); }).find("CUDA_ERROR_NO_BINARY_FOR_GPU"),
            std::string::npos);
}

TEST_F(GpuTest, MemoryIsCountedAndGivenBack) {
  EXPECT_EQ(memory::get_statistics("GPU:0").limit, 0);  // no context yet
  Allocator& allocator = card();
  {
    const auto piece = allocator.allocate(10 * kMib, "piece");
    EXPECT_EQ(config::get_memory_info("GPU:0").current, 10 * kMib);
    EXPECT_EQ(allocator.statistics().taken, 10 * kMib);
  }
  const memory::Statistics now = memory::get_statistics("GPU:0");
  EXPECT_EQ(now.current, 0);
  EXPECT_EQ(now.peak, 10 * kMib);
  EXPECT_EQ(now.cached, 10 * kMib);
  EXPECT_EQ(now.largest_free, 10 * kMib);
  EXPECT_EQ(now.limit, config::list_physical_devices("GPU")[0].memory_limit);
  EXPECT_EQ(memory::release_cached(), 10 * kMib);
  EXPECT_EQ(memory::release_cached("GPU:0"), 0);
  EXPECT_EQ(memory::get_statistics("CPU:0").cached, 0);
}

// Another process may take or give back a little meanwhile.
constexpr int64_t kOthers = 8 * kMib;

TEST_F(GpuTest, NvmlSeesWhatIsTakenAndGivenBack) {
  Allocator& allocator = card();
  const std::string bus = config::get_device_details(config::list_physical_devices("GPU")[0]).pci_bus_id;
  const auto free = [&] { return free_memory(bus).value_or(0); };
  const int64_t before = free();
  {
    const auto piece = allocator.allocate(200 * kMib, "piece");
    EXPECT_NEAR(before - free(), 200 * kMib, kOthers);
    const auto next = allocator.allocate(100 * kMib, "next");
    EXPECT_NEAR(before - free(), 300 * kMib, kOthers) << "memory grows with what is asked for";
  }
  EXPECT_NEAR(before - free(), 300 * kMib, kOthers) << "it is kept for the next";
  allocator.release_cached();
  EXPECT_NEAR(before - free(), 0, kOthers);
}

TEST_F(GpuTest, NvmlSeesThatALimitIsKept) {
  const auto physical = config::list_physical_devices("GPU")[0];
  const std::string bus = config::get_device_details(physical).pci_bus_id;
  config::set_logical_device_configuration(physical, {{.memory_limit = 64}});
  Allocator& allocator = card();
  const int64_t before = free_memory(bus).value_or(0);
  std::vector<Allocator::Piece> pieces;
  EXPECT_THROW(
      {
        for (int i = 0; i < 100; ++i) pieces.push_back(allocator.allocate(5 * kMib, "piece"));
      },
      ResourceExhaustedError);
  EXPECT_EQ(pieces.size(), 12u);
  EXPECT_LE(before - free_memory(bus).value_or(0), 64 * kMib + kOthers);
  pieces.clear();
  EXPECT_NO_THROW(allocator.allocate(60 * kMib, "all of it"));
}

// The card has 496 MiB left for us, whatever the limit says.
TEST_F(VirtualGpuTest, ACardThatIsFullIsNamedAsTheCause) {
  const auto most = card().allocate(480 * kMib, "weights");
  const std::string text = error_of<ResourceExhaustedError>([&] { card().allocate(32 * kMib, "scratch"); });
  EXPECT_NE(text.find("GPU:0 is out of memory: scratch needs 32 MiB."), std::string::npos) << text;
  EXPECT_NE(text.find("another process holds the rest"), std::string::npos) << text;
  EXPECT_NE(text.find("weights 480 MiB"), std::string::npos) << text;
}

TEST_F(GpuTest, LogicalDevicesHaveMemoryOfTheirOwn) {
  config::set_logical_device_configuration(config::list_physical_devices("GPU")[0], {{.memory_limit = 32}, {.memory_limit = 64}});
  devices::initialize("a test");
  Allocator &first = (*gpus)->find("GPU", 0)->allocator(), &second = (*gpus)->find("GPU", 1)->allocator();
  const auto a = first.allocate(30 * kMib, "a"), b = second.allocate(60 * kMib, "b");
  EXPECT_THROW(first.allocate(4 * kMib, "c"), ResourceExhaustedError);
  EXPECT_EQ(config::get_memory_info("GPU:1").current, 60 * kMib);
  EXPECT_EQ(first.statistics().limit, 32 * kMib);
}

TEST_F(VirtualGpuTest, WithoutGrowthTheFreeMemoryIsTakenAtOnce) {
  config::set_memory_growth(config::list_physical_devices("GPU")[0], false);
  EXPECT_EQ(card().statistics().taken, 196 * kMib);  // 300 MiB stay for the libraries
  gpus.reset();
  gpus = std::make_unique<devices::ScopedContext>(devices::make_providers());
  const auto physical = config::list_physical_devices("GPU")[0];
  config::set_memory_growth(physical, false);
  config::set_logical_device_configuration(physical, {{.memory_limit = 100}});
  EXPECT_EQ(card().statistics().taken, 100 * kMib);
}

TEST_F(VirtualGpuTest, APinnedCopyReadsItsBufferWhenItsTurnComes) {
  devices::MemoryStats count;
  Allocator pinned(pinned_memory(gpu()), {.device = "pinned host memory", .limit = 8 * kMib}, count);
  const auto buffer = pinned.allocate(4096, "batch");
  auto* host = reinterpret_cast<float*>(buffer.address());
  const auto data = card().allocate(4096, "data");
  const Stream stream(gpu());
  host[0] = 1;
  CORNU_DRIVER_CALL(cuMemcpyHtoDAsync_v2, data.address(), host, 4096, stream.handle());
  host[0] = 2;  // too early: nobody waited
  EXPECT_EQ(read(data, 1, stream)[0], 2);
}

TEST_F(GpuTest, APinnedBufferComesBackWhenItsCopyIsOver) {
  devices::MemoryStats count;
  Allocator pinned(pinned_memory(gpu()), {.device = "pinned host memory", .limit = 8 * kMib}, count);
  auto buffer = pinned.allocate(4096, "batch");
  auto* host = reinterpret_cast<float*>(buffer.address());
  const auto data = card().allocate(4096, "data");
  const Stream stream(gpu());
  host[0] = 2;
  CORNU_DRIVER_CALL(cuMemcpyHtoDAsync_v2, data.address(), host, 4096, stream.handle());
  pinned.free_after(std::move(buffer), stream.fence());
  EXPECT_TRUE(is_real() || pinned.allocate(4096, "next").address() != reinterpret_cast<uintptr_t>(host));
  EXPECT_EQ(read(data, 1, stream)[0], 2);
  EXPECT_EQ(pinned.allocate(4096, "next").address(), reinterpret_cast<uintptr_t>(host));
}

TEST_F(GpuTest, AnEventHoldsAnotherStreamBack) {
  const auto data = card().allocate(1024, "data");
  const Stream compute(gpu()), copy(gpu());
  const Module module(gpu(), compile(kText, architecture()));
  Event filled(gpu());
  launch(module.find("fill"), {1, 256}, compute, data.address(), 5.0f, 256);
  EXPECT_TRUE(is_real() || read(data, 1, copy)[0] != 5) << "a copy without a wait comes too early";
  filled.record(compute);
  EXPECT_TRUE(is_real() || !filled.has_passed());
  filled.hold_back(copy);
  EXPECT_EQ(read(data, 1, copy)[0], 5);
  EXPECT_TRUE(filled.has_passed());
}

TEST_F(GpuTest, EventsTellTheCardsTime) {
  const Stream stream(gpu());
  Event begin(gpu(), Event::Timing::on), end(gpu(), Event::Timing::on);
  begin.record(stream);
  end.record(stream);
  end.wait();
  EXPECT_GE(end.microseconds_since(begin), 0);
}

// A captured graph goes on to work on its addresses, whatever else comes and goes.
TEST_F(GpuTest, CapturedAddressesStayValid) {
  Allocator& allocator = card();
  const Module module(gpu(), compile(kText, architecture()));
  const Stream stream(gpu());
  auto other = allocator.allocate(5 * kMib, "other");
  const auto data = allocator.allocate(1024, "data");
  auto third = allocator.allocate(5 * kMib, "third");
  CUgraph graph = nullptr;
  CUgraphExec executable = nullptr;
  CORNU_DRIVER_CALL(cuStreamBeginCapture_v2, stream.handle(), CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
  launch(module.find("fill"), {2, 128}, stream, data.address(), 3.0f, 256);
  launch(module.find("reverse"), {2, 128}, stream, data.address());
  CORNU_DRIVER_CALL(cuStreamEndCapture, stream.handle(), &graph);
  CORNU_DRIVER_CALL(cuGraphInstantiateWithFlags, &executable, graph, 0);
  CORNU_DRIVER_CALL(cuGraphDestroy, graph);
  other = {};
  third = {};
  EXPECT_GT(allocator.release_cached(), 0u);
  const auto large = allocator.allocate(40 * kMib, "large");
  for (int replay = 0; replay < 3; ++replay) {
    CORNU_DRIVER_CALL(cuMemsetD8Async, data.address(), 0, 1024, stream.handle());
    CORNU_DRIVER_CALL(cuGraphLaunch, executable, stream.handle());
    EXPECT_EQ(read(data, 1, stream)[0], 3 + 127);
  }
  CORNU_DRIVER_CALL(cuGraphExecDestroy, executable);
}

// Memory goes only when the work that may use it is over.
TEST_F(GpuTest, ReleasingWaitsForTheCard) {
  Allocator& allocator = card();
  const Stream stream(gpu());
  {
    const auto data = allocator.allocate(4 * kMib, "data");
    CORNU_DRIVER_CALL(cuMemsetD8Async, data.address(), 0, 4 * kMib, stream.handle());
  }
  EXPECT_GE(allocator.release_cached(), 4 * kMib);
  EXPECT_NO_THROW(stream.wait());
}

TEST_F(VirtualGpuTest, ATargetReadFromADeviceIsThatOfItsFile) {
  setenv("CORNU_VIRTUAL_GPU", CORNU_SOURCE_DIR "/tests/virtual_gpu/machines/b200.json", 1);
  Target device = device_target(0), file = target::named_card("b200");
  EXPECT_EQ(device.name, "b200");
  EXPECT_EQ(device.cuda.total_memory, int64_t{183359} << 20);
  device.cuda.total_memory = file.cuda.total_memory;  // a file has what is left to programs
  EXPECT_EQ(device, file);
  EXPECT_EQ(device.fingerprint(), file.fingerprint());
  const Target slice = device_target(1);
  EXPECT_EQ(slice.name, "NVIDIA B200 MIG 1g.23gb");
  EXPECT_EQ(slice.cuda.peak_memory_gb_s, 0);
}

TEST_F(VirtualGpuTest, DetailsOfADevice) {
  setenv("CORNU_VIRTUAL_GPU", CORNU_SOURCE_DIR "/tests/virtual_gpu/machines/b200.json", 1);
  devices::ScopedContext machine{devices::make_providers()};
  const auto gpus = config::list_physical_devices("GPU");
  ASSERT_EQ(gpus.size(), 2u);
  const auto details = config::get_device_details(gpus[1]);
  EXPECT_EQ(details.total_memory, int64_t{23552} << 20);
  EXPECT_EQ(details.pci_bus_id, "0000:1b:00.0");
  EXPECT_EQ(details.uuid, "MIG-00112233-4455-6677-8899-aabbccddee2c");
  EXPECT_EQ(details.cuda_version, "13.0");
}

TEST_F(VirtualGpuTest, RuntimeInfoTellsOfEachLibrary) {
  const auto info = sysconfig::get_runtime_info();
  EXPECT_EQ(info.at("cuda_driver"), "13.0");
  EXPECT_EQ(info.at("nvrtc"), "13.999");
  EXPECT_EQ(info.at("cublas_lt"), "13.1.1");
  EXPECT_EQ(info.at("cudnn"), "9.19.0");
  EXPECT_EQ(info.at("cudnn_path"), CORNU_BINARY_DIR "/virtual-gpu/libcudnn.so.9");
}

TEST(RuntimeInfo, OpensNoLibraryWithoutAGpu) {
  setenv("CORNU_CUDA_LIB_DIR", CORNU_BINARY_DIR "/virtual-gpu", 1);
  setenv("CORNU_VIRTUAL_GPU", CORNU_SOURCE_DIR "/tests/virtual_gpu/machines/no_card.json", 1);
  devices::ScopedContext machine{devices::make_providers()};
  if (!config::list_physical_devices("GPU").empty()) GTEST_SKIP() << "this process has found a GPU before";
  const auto info = sysconfig::get_runtime_info();
  EXPECT_EQ(info.at("cuda_driver"), "13.0");
  EXPECT_EQ(info.at("cuda_driver_path"), CORNU_BINARY_DIR "/virtual-gpu/libcuda.so.1");
  for (const char* library : {"nvrtc", "cublas_lt", "cudnn"}) EXPECT_FALSE(info.contains(library)) << library;
  EXPECT_EQ(::dlopen("libcudnn.so.9", RTLD_NOW | RTLD_NOLOAD), nullptr);
}

TEST_F(VirtualGpuTest, AMissingBarrierShows) {
  std::string text = kText;
  text.replace(text.find("__syncthreads();"), 16, "__syncwarp();");
  const auto data = card().allocate(1024, "data");
  const Module module(gpu(), compile(text, architecture()));
  for (int launches = 0; launches < 2; ++launches) {
    launch(module.find("fill"), {1, 256}, stream(), data.address(), 0.0f, 256);
    launch(module.find("reverse"), {1, 128}, stream(), data.address());
    const auto values = read(data, 128, stream());
    EXPECT_TRUE(values[0] != 127 || values[127] != 0);
  }
}

TEST_F(VirtualGpuTest, AnAccessThatIsNotAlignedIsNamed) {
  const auto misalign = [&] {
    const auto data = card().allocate(1024, "data");
    const Module module(gpu(), compile("extern \"C\" __global__ void f(float4* x) { x->y = 1; }", architecture()));
    launch(module.find("f"), {}, stream(), data.address() + 4);
    stream().wait();
  };
  EXPECT_EXIT((error_of<DeviceError>(misalign), std::exit(0)), ::testing::ExitedWithCode(0),
              "a kernel's access is not aligned: thread 0");
}

// In a process of its own: there the card stays lost.
TEST_F(VirtualGpuTest, AKernelThatLeavesItsMemoryLosesTheCard) {
  const auto lose = [&] {
    const Stream stream(gpu());
    const Module module(gpu(), compile(kText, architecture()));
    const auto piece = card().allocate(kMib, "piece");
    launch(module.find("fill"), {1, 32}, stream, CUdeviceptr{4096}, 0.0f, 32);
    if (error_of<DeviceError>([&] { stream.wait(); }).find("CUDA_ERROR_ILLEGAL_ADDRESS") == std::string::npos) std::exit(1);
    if (error_of<DeviceError>([&] { Stream another(gpu()); }).empty()) std::exit(2);
  };
  EXPECT_EXIT((lose(), gpus.reset(), std::exit(0)), ::testing::ExitedWithCode(0), "touched memory that the card may not");
}

}  // namespace
}  // namespace cornu::cuda
