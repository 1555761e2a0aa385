#pragma once

#include "cornu/ir/lowering.h"

namespace cornu::cuda {

// What of an offer's epilogue NVIDIA's libraries do on the way to memory: a vector along the last axis is added, then relu.
struct Epilogue {
  ir::Value bias;      // the vector itself; none if nothing is added
  ir::Value residual;  // a tensor like the result, added with the bias
  bool has_relu = false;

  int takes() const { return int(bool(bias)) + int(bool(residual)) + int(has_relu); }
};

enum class Residual : unsigned char { stays, is_taken };
// As much as can be taken, at most `most` nodes. Nothing for other dtypes than float32, float16 and bfloat16.
Epilogue read_epilogue(const ir::Offer& offer, int most = 1 << 30, Residual residual = Residual::stays);

}  // namespace cornu::cuda
