#include "cornu/plan/exchange.h"

#include "cornu/ir/card_status.h"
#include "cornu/plan/memory.h"

namespace cornu::plan {
namespace {

// Kernels read and write as wide as they can.
constexpr int64_t kAlignment = 256;

std::vector<std::size_t> laid_out(const std::vector<ir::Spec>& specs, std::size_t& end) {
  std::vector<std::size_t> offsets;
  for (const ir::Spec& spec : specs) {
    offsets.push_back(end);
    end += static_cast<std::size_t>(aligned(ir::bytes_of(spec), kAlignment));
  }
  return offsets;
}

}  // namespace

Exchange::Exchange(const Program& program) {
  inputs = laid_out(program.inputs, bytes);
  status = bytes;
  bytes = status_end = status + static_cast<std::size_t>(aligned(sizeof(ir::CardStatus), kAlignment));
  results = laid_out(program.results, bytes);
}

std::size_t size_of(const ir::Spec& spec) { return static_cast<std::size_t>(ir::bytes_of(spec)); }

}  // namespace cornu::plan
