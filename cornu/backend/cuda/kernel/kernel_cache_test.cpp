#include "cornu/backend/cuda/kernel/kernel_cache.h"

#include <fstream>

#include "cornu/backend/cuda/kernel/kernel.h"
#include "tests/gpu_test.h"
#include "tests/temporary_folder.h"

namespace cornu::cuda {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSmallText = "extern \"C\" __global__ void f(int* x) { *x = 1; }";

class KernelCacheTest : public GpuTest {
 protected:
  // How often a call had a text compiled.
  template <class F>
  int64_t compiled_by(F call) {
    const int64_t before = texts_compiled();
    call();
    return texts_compiled() - before;
  }
  std::vector<fs::path> files() {
    std::vector<fs::path> all;
    for (const auto& entry : fs::directory_iterator(folder_ / "kernels")) all.push_back(entry.path());
    return all;
  }
  TemporaryFolder folder_;
};

TEST_F(KernelCacheTest, ATextIsCompiledOnceForAnArchitecture) {
  const KernelCache first(folder_ / "kernels"), another(folder_ / "kernels");
  std::string cubin;
  EXPECT_EQ(compiled_by([&] { cubin = first.cubin(kSmallText, 90); }), 1);
  EXPECT_EQ(compiled_by([&] { EXPECT_EQ(another.cubin(kSmallText, 90), cubin); }), 0);
  EXPECT_EQ(compiled_by([&] { first.cubin(kSmallText, 80); }), 1);
  EXPECT_EQ(compiled_by([&] { first.cubin(std::string(kSmallText) + " ", 90); }), 1);
  EXPECT_EQ(files().size(), 3u);
}

TEST_F(KernelCacheTest, ADamagedFileIsCompiledAnew) {
  const KernelCache cache(folder_ / "kernels");
  const std::string cubin = cache.cubin(kSmallText, 90);
  const fs::path file = files().at(0);
  for (const auto& damage : {std::string("half"), std::string(), std::string(5000, 'x')}) {
    std::ofstream(file) << damage;
    EXPECT_EQ(compiled_by([&] { EXPECT_EQ(cache.cubin(kSmallText, 90).size(), cubin.size()); }), 1);
    EXPECT_EQ(compiled_by([&] { cache.cubin(kSmallText, 90); }), 0);
  }
}

TEST_F(KernelCacheTest, WorksWithoutAFolder) {
  std::ofstream(folder_ / "a_file") << "no folder";
  for (const std::string& folder : {folder_ / "a_file", std::string("/proc/none"), std::string()})
    EXPECT_EQ(compiled_by([&] { EXPECT_FALSE(KernelCache(folder).cubin(kSmallText, 90).empty()); }), 1);
}

TEST_F(KernelCacheTest, TheOldestGoWhereItIsFull) {
  const auto bytes = static_cast<int64_t>(KernelCache(folder_ / "kernels").cubin(kSmallText, 90).size());
  const KernelCache small(folder_ / "kernels", 2 * bytes + bytes / 2);
  fs::last_write_time(files().at(0), fs::file_time_type::clock::now() - std::chrono::hours(1));
  small.cubin(kSmallText, 80);
  small.cubin(kSmallText, 75);
  EXPECT_EQ(files().size(), 2u);
  EXPECT_EQ(compiled_by([&] { small.cubin(kSmallText, 75); }), 0);
  EXPECT_EQ(compiled_by([&] { small.cubin(kSmallText, 90); }), 1);
}

}  // namespace
}  // namespace cornu::cuda
