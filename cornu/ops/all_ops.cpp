#include "cornu/ops/all_ops.h"

#include "cornu/ops/control/control.h"
#include "cornu/ops/iota/iota.h"
#include "cornu/ops/pad/pad.h"
#include "cornu/ops/pointwise.h"
#include "cornu/ops/random/random.h"
#include "cornu/ops/reduce/reduce.h"
#include "cornu/ops/softmax/softmax.h"
#include "cornu/ops/view/view.h"

namespace cornu::ops {

std::span<const ir::OpDef* const> all_ops() {
#define CORNU_ROW(name) &name##_op,
  static const ir::OpDef* const list[] = {
      // pointwise
      CORNU_UNARY_OPS(CORNU_ROW)       //
          CORNU_BINARY_OPS(CORNU_ROW)  //
          & select_op,
      &clip_op,
      &cast_op,
      // view
      &ir::copy_op,
      &reshape_op,
      &transpose_op,
      &broadcast_op,
      &slice_op,
      &barrier_op,
      // pad
      &pad_op,
      // reduce
      CORNU_REDUCE_OPS(CORNU_ROW)  //
          & argmax_op,
      &argmin_op,
      // softmax
      &softmax_op,
      &log_softmax_op,
      // iota, random
      &iota_op,
      &random_bits_op,
      // control
      &cond_op,
      &while_loop_op,
      &scan_op,
  };
#undef CORNU_ROW
  return list;
}

}  // namespace cornu::ops
