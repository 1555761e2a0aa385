// One format's reader under libFuzzer; the build defines CORNU_FUZZED as the function that reads all of a file.

#include "tests/read_everything.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cornu::io;
  const auto* bytes = reinterpret_cast<const std::byte*>(data);
  try_to([&] { CORNU_FUZZED({"fuzz", {std::shared_ptr<void>(), bytes}, size}); });
  return 0;
}
