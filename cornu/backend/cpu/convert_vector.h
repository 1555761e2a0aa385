#pragma once

#include "cornu/backend/cpu/vector.h"
#include "cornu/base/float16.h"

namespace cornu::backend::cpu {

CORNU_DECLARE_ISA(void widen(const float16_t* from, float* to, int64_t n);
                  void widen(const bfloat16_t* from, float* to, int64_t n);
                  void narrow(const float* from, float16_t* to, int64_t n);
                  void narrow(const float* from, bfloat16_t* to, int64_t n);)

}  // namespace cornu::backend::cpu
