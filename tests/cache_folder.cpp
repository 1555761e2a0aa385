// Compiled kernels are kept between runs of the tests, but not among those of who runs them.
#include <cstdlib>

namespace {
[[maybe_unused]] const int is_set = setenv("CORNU_CACHE_DIR", CORNU_BINARY_DIR "/tests/cache", 0);
}
