#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <sstream>

#include "cornu/cornu.h"
#include "tests/golden_file.h"
#include "tests/temporary_folder.h"

namespace cornu::keras {
namespace {

using namespace layers;

Model small() {
  auto model = Sequential({Dense(64, {.input_shape = {64}})});
  model.compile({.optimizer = "adam", .loss = "mse"});
  return model;
}

std::string bytes_of(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}
std::size_t files_in(const TemporaryFolder& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder.path()), std::filesystem::directory_iterator()));
}

// While it lives no file can grow past this size: a full disk.
class SizeLimit {
 public:
  explicit SizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~SizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST(SavingLib, AFullDiskLeavesTheOldFileWholeAndNoTemporary) {
  const TemporaryFolder folder;
  const Model model = small();
  using Save = void (*)(const Model&, const std::string&);
  for (const auto& [name, save] : std::map<std::string, Save>{
           {"m.keras", +[](const Model& m, const std::string& path) { m.save(path); }},
           {"m.weights.h5", +[](const Model& m, const std::string& path) { m.save_weights(path); }}}) {
    const TemporaryFolder own;
    save(model, own / name);
    const std::string before = bytes_of(own / name);
    ASSERT_GT(before.size(), 16000u);
    {
      const SizeLimit full(4096);
      EXPECT_THROW(save(model, own / name), FileError) << name;
    }
    EXPECT_EQ(bytes_of(own / name), before) << name;
    EXPECT_EQ(files_in(own), 1u) << name;
    save(model, own / name);  // there is room again
  }
}

TEST(SavingLib, ImpossiblePlacesAreFileErrorsThatNameThePath) {
  const TemporaryFolder folder;
  const Model model = small();
  for (const std::string& path : {folder / "nowhere/m.keras", std::string("/proc/m.keras")}) {
    try {
      model.save(path);
      FAIL() << path;
    } catch (const FileError& e) {
      EXPECT_NE(std::string(e.what()).find(path), std::string::npos) << e.what();
    }
  }
  EXPECT_EQ(files_in(folder), 0u);
  std::filesystem::create_directory(folder / "m.keras");
  EXPECT_THROW(model.save(folder / "m.keras"), FileError);
  EXPECT_THROW(model.save(folder / "m.h6"), ValueError);
  EXPECT_THROW(model.save_weights(folder / "m.h5"), ValueError);
}

TEST(SavingLib, OverwriteFalseRefusesAnExistingFile) {
  const TemporaryFolder folder;
  const Model model = small();
  model.save(folder / "m.keras", {.overwrite = false});
  model.save_weights(folder / "m.weights.h5", {.overwrite = false});
  const std::string before = bytes_of(folder / "m.keras");
  EXPECT_THROW(small().save(folder / "m.keras", {.overwrite = false}), FileError);
  EXPECT_THROW(small().save_weights(folder / "m.weights.h5", {.overwrite = false}), FileError);
  EXPECT_EQ(bytes_of(folder / "m.keras"), before);
}

TEST(SavingLib, WithoutTheOptimizerItsStateStaysOut) {
  const TemporaryFolder folder;
  const Model model = small();
  const Tensor x = random::uniform({8, 64});
  model.train_on_batch(x, x);
  model.save(folder / "m.keras", {.include_optimizer = false});
  const Model again = models::load_model(folder / "m.keras");
  EXPECT_EQ(again.optimizer()->iterations().item<int>(), 0);
  EXPECT_EQ(again.get_weights()[0].to_vector<float>(), model.get_weights()[0].to_vector<float>());
}

TEST(SavingLib, WeightsOfAnotherArchitectureAreRefusedWhole) {
  const TemporaryFolder folder;
  small().save_weights(folder / "m.weights.h5");
  auto other = Sequential({Dense(64, {.input_shape = {64}}), Dense(2)}), narrow = Sequential({Dense(3, {.input_shape = {64}})});
  for (const Model& model : {Model(other), Model(narrow)}) {
    const auto before = model.get_weights()[0].to_vector<float>();
    EXPECT_THROW(model.load_weights(folder / "m.weights.h5"), ValueError);
    EXPECT_EQ(model.get_weights()[0].to_vector<float>(), before);
  }
  EXPECT_THROW(other.load_weights(folder / "none.weights.h5"), FileError);
  EXPECT_THROW(models::load_model(folder / "none.keras"), FileError);
}

}  // namespace
}  // namespace cornu::keras
