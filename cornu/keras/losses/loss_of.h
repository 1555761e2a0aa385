#pragma once

// For the files of losses: a class of Keras is a struct of arguments and a function.

#include "cornu/keras/losses/loss.h"
#include "cornu/keras/saving/json_fields.h"

namespace cornu::keras::losses {

template <class Args>
class LossOf final : public LossImpl {
 public:
  using Function = Tensor (*)(const Args&, const Tensor&, const Tensor&);
  LossOf(const char* class_name, Args args, Function function, saving::Unsaid unsaid)
      : LossImpl(args.name, args.reduction, args.dtype),
        class_name_(class_name),
        args_(std::move(args)),
        function_(function),
        unsaid_(std::move(unsaid)) {
    unsaid_.push_back("dtype");
  }
  std::string class_name() const override { return class_name_; }
  Tensor call(const Tensor& y_true, const Tensor& y_pred) const override { return function_(args_, y_true, y_pred); }

 protected:
  void write_config(Json& config) const override { saving::add_arguments(args_, unsaid_, config); }

 private:
  const char* class_name_;
  Args args_;
  Function function_;
  saving::Unsaid unsaid_;
};

// `unsaid`: what Keras's own config of the class leaves out.
template <class Args>
Loss make_loss(const char* class_name, Args args, typename LossOf<Args>::Function function, saving::Unsaid unsaid = {}) {
  return Loss(std::make_shared<const LossOf<Args>>(class_name, std::move(args), function, std::move(unsaid)));
}

}  // namespace cornu::keras::losses
