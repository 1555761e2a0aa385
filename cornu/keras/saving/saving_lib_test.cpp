#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <sstream>

#include "cornu/cornu.h"
#include "cornu/io/zip.h"
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
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(folder.path()), std::filesystem::directory_iterator()));
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
  for (const auto& [name, save] :
       std::map<std::string, Save>{{"m.keras", +[](const Model&m, const std::string&path) { m.save(path); }},
                                   {"m.weights.h5", +[](const Model&m, const std::string&path) { m.save_weights(path); }}}) {
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

TEST(SavingLib, SeedGeneratorsGoOnWhereTheyWere) {
  const TemporaryFolder folder;
  const auto model = Sequential({layers::Dropout(0.5, {.seed = 7, .input_shape = {64}})});
  const Tensor x = ops::ones({2, 64});
  const auto dropped = [&](const Model& m) { return m(x, true).to_vector<float>(); };
  const auto first = dropped(model);
  model.save(folder / "dropout.keras");
  const Model again = models::load_model(folder / "dropout.keras");
  EXPECT_EQ(again.variables().size(), 1u);
  EXPECT_EQ(again.variables()[0].value().to_vector<int64_t>(), model.variables()[0].value().to_vector<int64_t>());
  const auto second = dropped(model);
  EXPECT_NE(second, first);
  EXPECT_EQ(dropped(again), second);
}

TEST(SavingLib, JsonThatIsTooDeepIsRefused) {
  constexpr int kLevels = 100000;
  try {
    models::model_from_json(std::string(kLevels, '[') + std::string(kLevels, ']'));
    ADD_FAILURE() << "nothing was thrown";
  } catch (const std::exception& e) {
    EXPECT_NE(std::string(e.what()).find("levels deep"), std::string::npos) << e.what();
  }
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

std::vector<std::pair<std::string, std::vector<double>>> state_of(const Optimizer& optimizer) {
  std::vector<std::pair<std::string, std::vector<double>>> out;
  for (const Variable& v : optimizer->own_variables()) out.emplace_back(v.path(), v.value().to_vector<double>());
  return out;
}

TEST(SavingLib, TheOptimizersStateIsWrittenInTheOrderOfTheModelWhateverWasTrainedFirst) {
  const TemporaryFolder folder;
  for (const bool frozen_at_the_end : {false, true}) {
    auto model = Sequential({Dense(4, {.name = "one", .input_shape = {4}}), Dense(4, {.name = "two"})});
    model.compile({.optimizer = optimizers::Adam({.amsgrad = true, .use_ema = true}), .loss = "mse"});
    const Tensor x = random::uniform({8, 4}), y = random::uniform({8, 4});
    const auto fit = [&](bool trainable) {
      model.layers()[0].set_trainable(trainable);
      model.fit(x, y, {.epochs = 2, .verbose = 0});
    };
    fit(false);
    fit(true);
    if (frozen_at_the_end) fit(false);
    model.save(folder / "m.keras");
    const Model again = models::load_model(folder / "m.keras");
    EXPECT_EQ(again.optimizer()->own_variables().size(), frozen_at_the_end ? 2u + 4 * 2 : 2u + 4 * 4);
    EXPECT_EQ(state_of(again.optimizer()), state_of(model.optimizer()));
    for (int step = 0; step < 2; ++step) {
      model.train_on_batch(x, y);
      again.train_on_batch(x, y);
    }
    EXPECT_EQ(again.get_weights()[2].to_vector<float>(), model.get_weights()[2].to_vector<float>());
    EXPECT_EQ(again.get_weights()[0].to_vector<float>(), model.get_weights()[0].to_vector<float>());
  }
}

TEST(SavingLib, AnOptimizersStateOfAnotherSizeIsLeftOutWithAWarning) {
  const TemporaryFolder folder;
  const Model adam = small();
  const Tensor x = random::uniform({8, 64});
  adam.train_on_batch(x, x);
  adam.save(folder / "adam.keras");
  const Model sgd = small();
  sgd.compile({.optimizer = optimizers::SGD({.name = "of_another_kind"}), .loss = "mse"});
  sgd.save(folder / "sgd.keras");
  const io::ZipReader of_adam(folder / "adam.keras"), of_sgd(folder / "sgd.keras");
  io::write_zip(folder / "mixed.keras",
                {{"config.json", of_sgd.read("config.json")}, {"model.weights.h5", of_adam.read("model.weights.h5")}});
  testing::internal::CaptureStderr();
  const Model mixed = models::load_model(folder / "mixed.keras");
  EXPECT_NE(testing::internal::GetCapturedStderr().find(
                "Skipping variable loading for optimizer 'of_another_kind', because it has 2 variables whereas the "
                "saved optimizer has 6 variables."),
            std::string::npos);
  EXPECT_EQ(mixed.optimizer()->iterations().item<int>(), 0);
  EXPECT_EQ(mixed.get_weights()[0].to_vector<float>(), adam.get_weights()[0].to_vector<float>());
}

TEST(SavingLib, IterationsOf64BitsStayWhole) {
  const TemporaryFolder folder;
  const Model model = small();
  const Tensor x = random::uniform({8, 64});
  model.train_on_batch(x, x);
  constexpr int64_t kMany = 5'000'000'000;
  model.optimizer()->variables()[0].assign(Tensor(std::vector<int64_t>{kMany}, {}));
  model.save(folder / "m.keras");
  EXPECT_EQ(models::load_model(folder / "m.keras").optimizer()->iterations().item<int64_t>(), kMany);
}

TEST(SavingLib, WeightsComeWithTheOptimizersState) {
  const TemporaryFolder folder;
  const Model saved = small(), trained = small(), compiled = small();
  const Tensor x = random::uniform({8, 64});
  for (int step = 0; step < 3; ++step) saved.train_on_batch(x, x);
  trained.train_on_batch(x, x);
  saved.save_weights(folder / "m.weights.h5");
  for (const Model& model : {trained, compiled}) model.load_weights(folder / "m.weights.h5");
  EXPECT_EQ(trained.optimizer()->iterations().item<int>(), 3);
  EXPECT_EQ(compiled.optimizer()->iterations().item<int>(), 0);
  for (const Model& model : {saved, trained}) model.train_on_batch(x, x);
  EXPECT_EQ(trained.get_weights()[0].to_vector<float>(), saved.get_weights()[0].to_vector<float>());
  saved.save_weights(folder / "m.weights.h5", {.include_optimizer = false});
  trained.load_weights(folder / "m.weights.h5");
  EXPECT_EQ(trained.optimizer()->iterations().item<int>(), 4);
}

// Two layers; the second is what one would replace.
Model with_head(int64_t units) {
  return Sequential({Dense(8, {.name = "body", .input_shape = {4}}), Dense(units, {.name = "head"})});
}

TEST(SavingLib, SkipMismatchLeavesWhatDoesNotFitAndWarns) {
  const TemporaryFolder folder;
  const Model saved = with_head(3), model = with_head(5);
  saved.save(folder / "m.keras");
  saved.save_weights(folder / "m.weights.h5");
  for (const char* file : {"m.keras", "m.weights.h5"}) {
    const auto head = model.get_weights()[2].to_vector<float>();
    EXPECT_THROW(model.load_weights(folder / file), ValueError);
    testing::internal::CaptureStderr();
    model.load_weights(folder / file, {.skip_mismatch = true});
    const std::string warning = testing::internal::GetCapturedStderr();
    for (const char* word : {"head", "(8, 5)", "(8, 3)", file}) EXPECT_NE(warning.find(word), std::string::npos) << warning;
    EXPECT_EQ(warning.find("body"), std::string::npos) << warning;
    EXPECT_EQ(model.get_weights()[0].to_vector<float>(), saved.get_weights()[0].to_vector<float>());
    EXPECT_EQ(model.get_weights()[2].to_vector<float>(), head);
  }
}

TEST(SavingLib, ObjectsToSkipStayAsTheyAre) {
  const TemporaryFolder folder;
  const Model saved = with_head(3), model = with_head(3);
  saved.save_weights(folder / "m.weights.h5");
  const auto body = model.get_weights()[0].to_vector<float>();
  model.load_weights(folder / "m.weights.h5", {.objects_to_skip = {model.get_layer("body")}});
  EXPECT_EQ(model.get_weights()[0].to_vector<float>(), body);
  EXPECT_EQ(model.get_weights()[2].to_vector<float>(), saved.get_weights()[2].to_vector<float>());
}

// The description says a model of 16 TB; that its weights are not there is found before any memory is taken.
TEST(SavingLib, AModelThatIsLargerThanItsWeightsTakesNoMemory) {
  const TemporaryFolder folder;
  with_head(3).save(folder / "m.keras");
  const io::ZipReader archive(folder / "m.keras");
  const auto config = archive.read("config.json");
  std::string text(reinterpret_cast<const char*>(config.data.get()), config.size);
  const auto at = text.find("\"units\":3");
  ASSERT_NE(at, text.npos);
  const auto described_as = [&](const std::string& units) {
    std::string changed = text;
    changed.replace(at, 9, "\"units\":" + units);
    io::write_zip(
        folder / "large.keras",
        {{"config.json", {"", {std::shared_ptr<void>(), reinterpret_cast<const std::byte*>(changed.data())}, changed.size()}},
         {"model.weights.h5", archive.read("model.weights.h5")}});
    rusage before{}, after{};
    ::getrusage(RUSAGE_SELF, &before);
    try {
      models::load_model(folder / "large.keras");
      ADD_FAILURE() << units;
    } catch (const ValueError& e) {
      EXPECT_NE(std::string(e.what()).find("(8, " + units + ")"), std::string::npos) << e.what();
    } catch (const ResourceExhaustedError& e) {
      EXPECT_NE(std::string(e.what()).find("available"), std::string::npos) << e.what();
    }
    ::getrusage(RUSAGE_SELF, &after);
    EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 50 << 10) << units;  // KiB
  };
  described_as("20000000");
  described_as("500000000000");
}

TEST(SavingLib, AMismatchOfWeightsNamesTheFile) {
  const TemporaryFolder folder;
  small().save_weights(folder / "m.weights.h5");
  small().save(folder / "m.keras");
  for (const Model& model :
       {Model(Sequential({Dense(64, {.input_shape = {64}}), Dense(2)})), Model(Sequential({Dense(3, {.input_shape = {64}})}))})
    for (const std::string& path : {folder / "m.weights.h5", folder / "m.keras"}) {
      try {
        model.load_weights(path);
        FAIL();
      } catch (const ValueError& e) {
        EXPECT_NE(std::string(e.what()).find("'" + path + "'"), std::string::npos) << e.what();
      }
    }
}

}  // namespace
}  // namespace cornu::keras
