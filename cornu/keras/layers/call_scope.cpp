#include "cornu/keras/layers/call_scope.h"

#include <fmt/ranges.h>

#include "cornu/ops/pointwise.h"
#include "cornu/trace.h"

namespace cornu::keras {
namespace {

thread_local CallScope* innermost = nullptr;
thread_local std::vector<std::string> names;
thread_local bool without_initial_values = false;
thread_local int64_t calls_left = -1;  // no budget

constexpr std::string_view kExplained = "Arguments received by ";

}  // namespace

CallScope::CallScope(std::optional<bool> training)
    : outer_(innermost), trace_(Trace::current()), training_(training.value_or(outer_ ? outer_->training_ : false)) {
  const bool same = outer_ && (outer_->trace_ == trace_ || (trace_ && trace_->is_body()));
  losses_ = same ? outer_->losses_ : &own_losses_;
  innermost = this;
}
CallScope::~CallScope() { innermost = outer_; }
bool CallScope::training() { return innermost && innermost->training_; }
void CallScope::add_loss(const Tensor& loss) {
  if (innermost) innermost->losses_->push_back(loss);
}

const std::vector<Tensor>& CallScope::current_losses() {
  static const std::vector<Tensor> none;
  return innermost ? *innermost->losses_ : none;
}

std::string CallScope::explained(const std::string& text, const LayerImpl& layer, const Arguments& arguments) {
  if (text.find(kExplained) != text.npos) return text;
  std::string received;
  for (const Tensor& t : arguments.tensors())
    received += fmt::format("\n  • {}",
                            t.exists() ? fmt::format("shape={}, dtype={}", to_string(t.shape()), t.dtype().name()) : "nothing");
  return fmt::format("Exception encountered when calling layer '{}' ({}).\n\n{}\n\n{}{}.call():{}", layer.name(),
                     layer.class_name(), text, kExplained, layer.class_name(), received);
}

NameScope::NameScope(const std::string& name) : pushed_(names.empty() || names.back() != name) {
  if (pushed_) names.push_back(name);
}
NameScope::~NameScope() {
  if (pushed_) names.pop_back();
}
std::string NameScope::path() { return fmt::format("{}", fmt::join(names, "/")); }
std::string NameScope::path(const std::string& name) { return names.empty() ? name : path() + "/" + name; }

WithoutInitialValues::WithoutInitialValues() : outer_(std::exchange(without_initial_values, true)) {}
WithoutInitialValues::~WithoutInitialValues() { without_initial_values = outer_; }
bool WithoutInitialValues::active() { return without_initial_values; }

CallBudget::CallBudget(int64_t calls) : is_outermost_(calls_left < 0) {
  if (is_outermost_) calls_left = calls;
}
CallBudget::~CallBudget() {
  if (is_outermost_) calls_left = -1;
}
void CallBudget::spend_one() {
  if (calls_left < 0) return;
  if (calls_left == 0)
    throw ValueError("The models in this model call each other's layers too many times to be made from a file.");
  --calls_left;
}

Tensor cast_to(const Tensor& tensor, DType dtype) {
  return tensor.dtype() == dtype ? tensor : Tensor(cornu::ops::cast(tensor.value(), dtype)).with_mask(tensor.mask());
}

}  // namespace cornu::keras
