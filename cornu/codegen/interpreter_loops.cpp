#include "cornu/codegen/interpreter_loops.h"

#include "cornu/base/errors.h"

namespace cornu::codegen {

#define CORNU_LOOPS(isa)                                                                                           \
  {                                                                                                                \
    isa::arithmetic_loop, isa::integer_loop, isa::function_loop, isa::load_loop, isa::store_loop, isa::index_loop, \
        isa::reduce_loops                                                                                          \
  }

const Loops& loops_for(Isa isa) {
#if defined(__x86_64__)
  static constexpr Loops loops[] = {CORNU_LOOPS(baseline), CORNU_LOOPS(avx2), CORNU_LOOPS(avx512)};
  return loops[static_cast<int>(isa)];
#else
  static constexpr Loops loops = CORNU_LOOPS(baseline);
  (void)isa;
  return loops;
#endif
}

ComputeLoop Loops::compute(const Operation& operation) const {
  for (auto find : {arithmetic, integer, function})
    if (ComputeLoop loop = find(operation)) return loop;
  CORNU_CHECK(false, "no loop computes `{}` of {} giving {}", name_of(operation.prim), name_of(operation.operand),
              name_of(operation.result));
  return nullptr;
}

}  // namespace cornu::codegen
