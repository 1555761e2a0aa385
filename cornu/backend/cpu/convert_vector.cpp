#include "cornu/backend/cpu/convert_vector.h"

namespace cornu::backend::cpu::CORNU_ISA {

void widen(const bfloat16_t* from, float* to, int64_t n) {
  for (int64_t i = 0; i < n; ++i) to[i] = detail::float_from_bfloat(from[i].bits);
}
void narrow(const float* from, bfloat16_t* to, int64_t n) {
  for (int64_t i = 0; i < n; ++i) to[i].bits = detail::bfloat_from_float(from[i]);
}

void widen(const float16_t* from, float* to, int64_t n) {
  int64_t i = 0;
#if defined(__F16C__)
  for (; i + 8 <= n; i += 8)
    _mm256_storeu_ps(to + i, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i))));
#endif
  for (; i < n; ++i) to[i] = from[i];
}
void narrow(const float* from, float16_t* to, int64_t n) {
  int64_t i = 0;
#if defined(__F16C__)
  for (; i + 8 <= n; i += 8)
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i), _mm256_cvtps_ph(_mm256_loadu_ps(from + i), _MM_FROUND_TO_NEAREST_INT));
#endif
  for (; i < n; ++i) to[i] = from[i];
}

}  // namespace cornu::backend::cpu::CORNU_ISA
