#pragma once

#include "cornu/backend/cpu/onednn.h"

namespace cornu::backend::cpu {

// What of an offer's epilogue runs on a float32 result while it is hot: additions (a bias, a residual), products, relu, a least or a
// largest value. As oneDNN does these, relu of NaN is 0 and a bound of NaN the bound.
// A `broadcast` of a vector along the last axis (a bias) is taken as the vector itself: `inputs` names the broadcast's operand,
// so that nobody has to compute the broadcast.
struct Epilogue {
  std::vector<onednn::Post> posts;
  std::vector<ir::Value> inputs;  // of the posts that have an operand, in order
};

// As much as can be taken, at most `most` nodes; posts.size() says how many. Nothing for other dtypes than float32.
Epilogue read_epilogue(const ir::Offer& offer, int most = 1 << 30);

}  // namespace cornu::backend::cpu
