#include "cornu/ops/all_ops.h"

#include "cornu/ops/concat/concat.h"
#include "cornu/ops/control/control.h"
#include "cornu/ops/conv/conv.h"
#include "cornu/ops/cumulative/cumulative.h"
#include "cornu/ops/gather/gather.h"
#include "cornu/ops/iota/iota.h"
#include "cornu/ops/matmul/matmul.h"
#include "cornu/ops/one_hot/one_hot.h"
#include "cornu/ops/pad/pad.h"
#include "cornu/ops/pointwise.h"
#include "cornu/ops/pool/pool.h"
#include "cornu/ops/random/random.h"
#include "cornu/ops/reduce/reduce.h"
#include "cornu/ops/scatter/scatter.h"
#include "cornu/ops/softmax/softmax.h"
#include "cornu/ops/sort/sort.h"
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
      // concat, pad
      &concat_op,
      &pad_op,
      // gather, scatter, one_hot
      &gather_op,
      &take_along_axis_op,
      &add_along_axis_op,
      &scatter_op,
      &check_index_op,
      // matmul
      &matmul_op,
      // conv
      &conv_op,
      &conv_input_gradient_op,
      &conv_kernel_gradient_op,
      // pool
      &max_pool_op,
      &max_pool_gradient_op,
      &max_pool_pick_op,
      &average_pool_op,
      &average_pool_gradient_op,
      // reduce
      CORNU_REDUCE_OPS(CORNU_ROW)  //
          & argmax_op,
      &argmin_op,
      // softmax
      &softmax_op,
      &log_softmax_op,
      // sort
      &sort_op,
      // cumulative
      &cumsum_op,
      &cumprod_op,
      &linear_recurrence_op,
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
