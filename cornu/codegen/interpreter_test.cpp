#include "cornu/codegen/interpreter.h"

#include <gtest/gtest.h>

#include "cornu/base/threads.h"
#include "cornu/codegen/program_oracle.h"
#include "cornu/codegen/random_program.h"

namespace cornu::codegen {
namespace {

std::vector<Isa> isas() {
  std::vector<Isa> out;
  for (Isa isa : {Isa::baseline, Isa::avx2, Isa::avx512})
    if (isa <= Target::host().cpu.isa) out.push_back(isa);
  return out;
}

void run(const Kernel& kernel, std::vector<void*> operands, int threads = 1) {
  FlushDenormals flush;
  auto* scratch = static_cast<std::byte*>(std::aligned_alloc(64, (kernel.scratch_bytes() + 127) / 64 * 64));
  kernel.run({operands.data(), scratch, nullptr, nullptr, threads});
  std::free(scratch);
}

void fuzz(uint32_t first, uint32_t last) {
  for (uint32_t seed = first; seed < last && !::testing::Test::HasFailure(); ++seed) {
    const Case c = RandomCase(seed).make();
    Memory expected = random_memory(c, seed);
    const Memory fresh = expected;
    {
      FlushDenormals flush;
      evaluate_slowly(*c.program, c.launch, addresses(expected));
    }
    for (Isa isa : isas())
      for (int threads : {1, 3}) {
        Memory memory = fresh;
        const auto at = addresses(memory);
        run(*interpret(c.program, {c.launch}, isa), {at.begin(), at.end()}, threads);
        expect_equal(c, memory, expected, fmt::format("seed {}, {}, {} threads", seed, to_string(isa), threads));
      }
  }
}

TEST(Interpreter, RandomProgramsEqualTheOracle) { fuzz(0, 400); }
TEST(InterpreterExhaustive, ManyRandomProgramsEqualTheOracle) { fuzz(1000, 20000); }

}  // namespace
}  // namespace cornu::codegen
