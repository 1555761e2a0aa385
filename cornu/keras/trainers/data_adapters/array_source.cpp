#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "cornu/base/nest_structure.h"
#include "cornu/keras/layers/call_scope.h"
#include "cornu/keras/random/seed.h"
#include "cornu/keras/trainers/data_adapters/arrays.h"
#include "cornu/keras/trainers/data_adapters/batch_source.h"

namespace cornu::keras {
namespace {

ir::Spec rows_of(const ir::Spec& spec, int64_t rows) {
  ir::Spec out = spec;
  out.shape[0] = rows;
  return out;
}

class ArraySource final : public BatchSource {
 public:
  ArraySource(BatchStructure data, ArraySourceArgs args) : structure_(std::move(data)), args_(args) {
    for (const Tensor& t : structure_.leaves()) {
      data_.push_back(memory_of(t));
      row_bytes_.push_back(data_.back()->size_bytes() / std::max<int64_t>(1, t.shape()[0]));
    }
    if (!args_.buffers) args_.buffers = std::make_shared<BatchBuffers>();
    if (args_.count < 0) args_.count = examples(structure_) - args_.first;
    args_.batch_size = std::min(args_.batch_size, std::max<int64_t>(1, args_.count));
    order_.resize(args_.shuffle ? args_.count : 0);
  }
  const BatchStructure& structure() const override { return structure_; }
  int64_t batches() const override { return (args_.count + args_.batch_size - 1) / args_.batch_size; }
  void begin_epoch() override {
    at_ = 0;
    if (args_.shuffle) shuffle(make_default_seed());
  }
  SourcePosition position() const override { return {seed_, (at_ + args_.batch_size - 1) / args_.batch_size}; }
  void go_on(const SourcePosition& position) override {
    if (args_.shuffle) shuffle(position.seed);
    at_ = std::min(std::clamp<int64_t>(position.batches, 0, batches()) * args_.batch_size, args_.count);
  }

  const HostBatch* next() override {
    const int64_t rows = std::min(args_.batch_size, args_.count - at_);
    if (rows <= 0) return nullptr;
    HostBatch& batch = args_.buffers->batch_of(data_, rows);
    for (std::size_t i = 0; i < data_.size(); ++i) fill(*batch.arrays[i], i, rows);
    at_ += rows;
    return &batch;
  }

 private:
  // The seed alone says the order, whatever came before.
  void shuffle(int64_t seed) {
    seed_ = seed;
    std::iota(order_.begin(), order_.end(), args_.first);
    shuffle_in_place(order_, seed);
  }
  void fill(devices::Array& to, std::size_t i, int64_t rows) const {
    const std::size_t bytes = row_bytes_[i];
    if (!args_.shuffle) return void(std::memcpy(to.bytes(), data_[i]->bytes() + (args_.first + at_) * bytes, rows * bytes));
    for (int64_t r = 0; r < rows; ++r) std::memcpy(to.bytes() + r * bytes, data_[i]->bytes() + order_[at_ + r] * bytes, bytes);
  }

  BatchStructure structure_;
  ArraySourceArgs args_;
  std::vector<std::shared_ptr<devices::Array>> data_;
  std::vector<std::size_t> row_bytes_;
  std::vector<int64_t> order_;  // empty without shuffling
  int64_t seed_ = 0, at_ = 0;
};

class GeneratorSource final : public BatchSource {
 public:
  explicit GeneratorSource(BatchGenerator generator) : generator_(std::move(generator)) {}
  const BatchStructure& structure() const override { return structure_; }
  int64_t batches() const override { return 0; }
  void begin_epoch() override {}
  const HostBatch* next() override {
    auto generated = generator_();
    if (!generated) return nullptr;
    ++given_;
    structure_ = standardized(generated->x, generated->y, generated->sample_weight);
    batch_.arrays.clear();
    for (const Tensor& t : structure_.leaves()) batch_.arrays.push_back(memory_of(t));
    return &batch_;
  }
  SourcePosition position() const override { return {0, given_}; }
  // A generator cannot be put anywhere: what was given before is asked for again, and left.
  void go_on(const SourcePosition& position) override {
    while (given_ < position.batches && generator_()) ++given_;
  }

 private:
  BatchGenerator generator_;
  BatchStructure structure_;
  HostBatch batch_;
  int64_t given_ = 0;
};

TensorNest in_floatx(const TensorNest& nest) {
  return nest.map([](const Tensor& t) { return t.dtype().is_floating() ? cast_to(t, config::floatx()) : t; });
}

// Several outputs have a weight each, or share one number an example.
void check_sample_weight(const TensorNest& y, const TensorNest& sample_weight) {
  if (y.is_leaf()) return;
  if (!sample_weight.is_leaf()) {
    if (!same_structure(y, sample_weight))
      throw error<ValueError>(
          "You should provide one `sample_weight` array per output in `y`. The two structures did not match:\n- y: {}\n- "
          "sample_weight: {}",
          structure_text(y), structure_text(sample_weight));
    return;
  }
  const Shape& shape = sample_weight.leaf().shape();
  if (shape.rank() > 2 || (shape.rank() == 2 && shape[1] != 1))
    throw ValueError(
        "For a model with multiple outputs, when providing a single `sample_weight` array, it should only have one scalar score "
        "per sample (i.e. "
        "shape `(num_samples,)`). If you want to use non-scalar sample weights, pass a `sample_weight` argument with one array "
        "per model output.");
}

}  // namespace

HostBatch& BatchBuffers::batch_of(const std::vector<std::shared_ptr<devices::Array>>& data, int64_t rows) {
  constexpr std::size_t kMost = 4;  // full and remainder, of training and of validation
  const auto same_rows = [&](const auto& a, const auto& b) { return a->spec() == rows_of(b->spec(), rows); };
  for (auto it = batches_.begin(); it != batches_.end(); ++it)
    if (std::equal(it->arrays.begin(), it->arrays.end(), data.begin(), data.end(), same_rows)) {
      batches_.splice(batches_.begin(), batches_, it);
      return batches_.front();
    }
  HostBatch& made = batches_.emplace_front();
  for (const auto& array : data) made.arrays.push_back(devices::Array::allocate(rows_of(array->spec(), rows)));
  if (batches_.size() > kMost) batches_.pop_back();
  return made;
}

std::string structure_text(const TensorNest& nest) {
  if (nest.is_leaf()) return "*";
  std::string out;
  if (nest.is_list())
    for (const auto& item : nest.list()) out += (out.empty() ? "" : ", ") + structure_text(item);
  else
    for (const auto& [key, item] : nest.dict()) out += (out.empty() ? "" : ", ") + ("'" + key + "': ") + structure_text(item);
  return nest.is_list() ? fmt::format("[{}]", out) : fmt::format("{{{}}}", out);
}

int64_t examples(const BatchStructure& data) {
  const auto leaves = data.leaves();
  return leaves.empty() || leaves[0].rank() == 0 ? 0 : leaves[0].shape()[0];
}

BatchStructure standardized(const TensorNest& x, const std::optional<TensorNest>& y,
                            const std::optional<TensorNest>& sample_weight) {
  BatchStructure out{in_floatx(x), {}, {}};
  if (y) out.y = in_floatx(*y);
  if (sample_weight) out.sample_weight = in_floatx(*sample_weight);
  if (y && sample_weight) check_sample_weight(*y, *sample_weight);
  const auto leaves = out.leaves();
  evaluate(leaves);
  std::string sizes;
  bool agree = true;
  for (const Tensor& t : leaves) {
    if (t.rank() == 0) throw ValueError("Data needs a first axis that counts the examples. Received: a scalar");
    agree &= t.shape()[0] == leaves[0].shape()[0];
    sizes += (sizes.empty() ? "" : ", ") + std::to_string(t.shape()[0]);
  }
  if (!agree)
    throw error<ValueError>(
        "Data cardinality is ambiguous. Make sure all arrays contain the same number of samples. Received first dimensions: {}",
        sizes);
  return out;
}

TensorNest class_weights_to_sample_weights(const BatchStructure& data, const std::map<int, double>& class_weight) {
  if (data.sample_weight) throw ValueError("You cannot `class_weight` and `sample_weight` at the same time.");
  if (!data.y) throw ValueError("`class_weight` needs targets. Give `y`.");
  if (!data.y->is_leaf()) throw ValueError("`class_weight` is only supported for Models with a single output.");
  const Tensor& target = data.y->leaf();
  if (target.rank() > 2)
    throw error<ValueError>(
        "`class_weight` needs one class an example: targets of shape (examples), (examples, 1) or (examples, classes). Received: "
        "y.shape={}",
        to_string(target.shape()));
  const int64_t rows = target.shape()[0], classes = target.rank() > 1 ? target.shape()[-1] : 1;
  const auto values = target.to_vector<double>();
  std::vector<float> weights(rows, 1.0f);
  for (int64_t r = 0; r < rows; ++r) {
    const auto row = values.begin() + r * classes;
    const auto label = classes > 1 ? std::max_element(row, row + classes) - row : std::lrint(*row);
    if (auto found = class_weight.find(static_cast<int>(label)); found != class_weight.end())
      weights[r] = static_cast<float>(found->second);
  }
  return TensorNest(Tensor(weights));
}

std::unique_ptr<BatchSource> array_source(BatchStructure data, ArraySourceArgs args) {
  return std::make_unique<ArraySource>(std::move(data), args);
}
std::unique_ptr<BatchSource> generator_source(BatchGenerator generator) {
  return std::make_unique<GeneratorSource>(std::move(generator));
}

}  // namespace cornu::keras
