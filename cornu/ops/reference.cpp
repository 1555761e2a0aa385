#include "cornu/ops/reference.h"

namespace cornu::ops {

template <class Wide>
std::unique_ptr<Wide[]> widened(const ir::HostOperand& from) {
  const int64_t n = from.elements();
  auto out = std::make_unique<Wide[]>(n);
  dispatch(from.spec.dtype, [&]<class T>(T) {
    CORNU_CHECK((std::is_same_v<Wide, wide_of<T>>));
    if constexpr (std::is_same_v<Wide, wide_of<T>>)
      for (int64_t i = 0; i < n; ++i) out[i] = from.as<T>()[i];
  });
  return out;
}

template <class Wide>
void store(const Wide* from, const ir::HostOperand& to) {
  dispatch(to.spec.dtype, [&]<class T>(T) {
    CORNU_CHECK((std::is_same_v<Wide, wide_of<T>>));
    if constexpr (std::is_same_v<Wide, wide_of<T>>)
      for (int64_t i = 0; i < to.elements(); ++i) to.as<T>()[i] = static_cast<T>(from[i]);
  });
}

#define CORNU_WIDE(type)                                                  \
  template std::unique_ptr<type[]> widened<type>(const ir::HostOperand&); \
  template void store<type>(const type*, const ir::HostOperand&);
CORNU_WIDE(double)
CORNU_WIDE(int64_t)
CORNU_WIDE(uint64_t)
CORNU_WIDE(bool)
#undef CORNU_WIDE

}  // namespace cornu::ops
