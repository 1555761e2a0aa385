// What the progress bar, fit, evaluate and predict print (tools/golden/text.py). On a terminal it is Keras's text to the byte;
// elsewhere what Keras would draw line after line becomes its last line, without colours.
#include <fstream>
#include <sstream>

#include "cornu/cornu.h"
#include "tests/golden_file.h"

namespace cornu::keras {
namespace {

Json json_file(const std::string& name) {
  std::ifstream in(golden_path("text/" + name));
  return Json::parse(in);
}

// A clock that says what it is told, and a terminal or none.
class ScopedWorld {
 public:
  ScopedWorld(bool terminal, double step) : before_(utils::Progbar::world()) {
    utils::Progbar::world() = {[this, step] { return now += step; }, [terminal] { return terminal; }};
  }
  ~ScopedWorld() { utils::Progbar::world() = before_; }
  double now = 1000.0;

 private:
  utils::Progbar::World before_;
};

std::string without_colours(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\033') i = text.find('m', i);
    else out += text[i];
  }
  return out;
}

// Of the lines that Keras draws one below the other where there is no terminal, the last of each bar; none of a bar that is
// not at its end.
std::string last_lines(const std::string& text) {
  std::string out, bar;
  std::istringstream lines(without_colours(text));
  for (std::string line; std::getline(lines, line);) {
    line.erase(line.find_last_not_of(' ') + 1);  // what overwrites a longer line
    if (line.empty() || line.starts_with("Epoch ")) {
      if (line.empty()) continue;
      out += bar + line + "\n";
      bar.clear();
    } else {
      bar = line + "\n";
    }
  }
  return out + (text.ends_with("\n") ? bar : "");
}

std::string wanted_text(const Json& test, int verbose) {
  const auto text = test["text"].get<std::string>();
  return test["tty"].get<bool>() || verbose == 2 ? text : last_lines(text);
}

TEST(GoldenText, Progbar) {
  for (const Json& test : json_file("progbar.json")) {
    const Json& given = test["arguments"];
    utils::ProgbarArgs args{
        .width = given.value("width", 20), .verbose = given.value("verbose", 1), .unit_name = given.value("unit_name", "step")};
    if (given.contains("stateful_metrics")) args.stateful_metrics = given["stateful_metrics"].get<std::set<std::string>>();
    ScopedWorld world(test["tty"].get<bool>(), 0);
    testing::internal::CaptureStdout();
    utils::Progbar bar(given["target"].is_null() ? std::optional<int64_t>() : given["target"].get<int64_t>(), args);
    for (const Json& update : test["updates"]) {
      world.now = 1000.0 + update[0].get<double>();
      LogValues values;
      for (const Json& value : update[2]) values.emplace_back(value[0].get<std::string>(), value[1].get<double>());
      bar.update(update[1].get<int64_t>(), values, update[3].is_null() ? std::optional<bool>() : update[3].get<bool>());
    }
    EXPECT_EQ(testing::internal::GetCapturedStdout(), wanted_text(test, args.verbose)) << test["name"];
  }
}

// What ProgbarLogger prints in a fit.
class GoldenFit {
 public:
  GoldenFit() : json_(json_file("fit.json")), x_(tensor(json_["x"])), y_(tensor(json_["y"])) {}
  const Json& cases() const { return json_["cases"]; }

  // What the call of a case's name gives: a history, or the values of evaluate.
  Json run(const std::string& name, int verbose) const {
    const auto model = Sequential({layers::Dense(1, {.activation = "sigmoid", .input_shape = {4}})});
    model.set_weights({Tensor(std::vector<float>(4, 0.25f), {4, 1}), ops::zeros({1})});
    model.compile({.optimizer = optimizers::SGD({.learning_rate = 0.1}), .loss = "binary_crossentropy", .metrics = {"accuracy"}});
    if (name == "evaluate") {
      Json out = Json::array();
      for (const auto& [metric, value] : model.evaluate(x_, y_, {.batch_size = 32, .verbose = verbose})) out.push_back(value);
      return out;
    }
    if (name == "predict") return model.predict(x_, {.batch_size = 32, .verbose = verbose}), Json();
    FitArgs args{.batch_size = 32, .epochs = 2, .verbose = verbose, .shuffle = false};
    if (name == "one epoch") args.batch_size = 50, args.epochs = 1;
    if (name == "validation") args.validation_split = 0.2;
    if (name == "from epoch 2 of 4")
      args.initial_epoch = 2, args.epochs = 4, args.validation_data = ValidationData{x_, y_}, args.validation_freq = 2;
    if (name == "steps") args.batch_size = 10, args.steps_per_epoch = 3, args.epochs = 3;
    Json out = Json::object();
    for (const auto& [metric, values] : model.fit(x_, y_, args).history) out[metric] = values;
    return out;
  }

 private:
  static Tensor tensor(const Json& rows) {
    std::vector<float> all;
    for (const Json& row : rows)
      for (const Json& value : row) all.push_back(value.get<float>());
    return Tensor(all, {static_cast<int64_t>(rows.size()), static_cast<int64_t>(rows[0].size())});
  }
  Json json_;
  Tensor x_, y_;
};

void expect_numbers(const Json& got, const Json& want, const std::string& what) {
  ASSERT_EQ(got.size(), want.size()) << what;
  const Json given = got.flatten(), wanted = want.flatten();
  for (const auto& [key, value] : wanted.items())
    EXPECT_NEAR(given.at(key).get<double>(), value.get<double>(), 2e-6) << what << key;
}

TEST(GoldenText, FitEvaluateAndPredict) {
  const GoldenFit golden;
  for (const Json& test : golden.cases()) {
    const auto name = test["name"].get<std::string>();
    const int verbose = test["verbose"];
    ScopedWorld world(test["tty"].get<bool>(), 0.02);
    testing::internal::CaptureStdout();
    const Json result = golden.run(name, verbose);
    const std::string what =
        fmt::format("{}, verbose {}, {}", name, verbose, test["tty"].get<bool>() ? "terminal" : "no terminal");
    EXPECT_EQ(testing::internal::GetCapturedStdout(), wanted_text(test, verbose)) << what;
    if (test.contains("history")) expect_numbers(result, test["history"], what);
    if (test.contains("result")) expect_numbers(result, test["result"], what);
  }
}

}  // namespace
}  // namespace cornu::keras
