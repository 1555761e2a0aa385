// Files are hostile: thousands of damaged ones go through every reader, which may refuse but never crash, hang or take
// memory without end. The damage is the same in every run.

#include <algorithm>
#include <chrono>
#include <random>

#include "cornu/io/file.h"
#include "tests/golden_io.h"
#include "tests/guarded_bytes.h"
#include "tests/read_everything.h"

namespace cornu::io {
namespace {

using Reader = void (*)(const FileBytes&);

// A few bytes changed to what most often hurts, a piece copied elsewhere, or the end cut off.
void damage(std::vector<std::byte>& bytes, std::mt19937& random) {
  const auto below = [&](size_t limit) { return random() % std::max<size_t>(1, limit); };
  if (below(16) == 0) bytes.resize(below(bytes.size() + 1));
  if (bytes.empty()) return;
  for (size_t i = 1 + below(4); i-- > 0;) {
    const size_t at = below(bytes.size());
    const size_t width = std::min<size_t>(size_t{1} << below(4), bytes.size() - at);
    switch (below(6)) {
      case 0: bytes[at] ^= std::byte(1u << below(8)); break;
      case 1: bytes[at] = std::byte(random() & 0xff); break;
      case 2: std::fill_n(bytes.begin() + static_cast<ptrdiff_t>(at), width, std::byte{0xff}); break;
      case 3: std::fill_n(bytes.begin() + static_cast<ptrdiff_t>(at), width, std::byte{0}); break;
      case 4: bytes[at] = std::byte(static_cast<uint8_t>(static_cast<unsigned>(bytes[at]) + 1)); break;
      case 5: {
        const size_t from = below(bytes.size() - width + 1);
        std::copy_n(std::vector<std::byte>(bytes.begin() + static_cast<ptrdiff_t>(from),
                                           bytes.begin() + static_cast<ptrdiff_t>(from + width))
                        .begin(),
                    width, bytes.begin() + static_cast<ptrdiff_t>(at));
      }
    }
  }
}

void survive(const std::string& name, Reader read, int rounds) {
  const FileBytes file = map_file(golden(name));
  const std::vector<std::byte> original(file.span().begin(), file.span().end());
  ASSERT_NO_THROW(read(file)) << name;
  GuardedBytes guarded(original.size());
  std::mt19937 random(1);
  int refused = 0;
  for (int round = 0; round < rounds; ++round) {
    std::vector<std::byte> bytes = original;
    damage(bytes, random);
    const auto start = std::chrono::steady_clock::now();
    try {
      read(guarded.put(bytes));
    } catch (const FileError&) {
      ++refused;
    }
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    ASSERT_LT(taken.count(), 5) << name << " in round " << round;
  }
  EXPECT_GT(refused, 0) << name;  // else the damage never reaches what the reader looks at
}

TEST(HostileFiles, Npy) {
  for (const char* name : {"float32.npy", "bool.npy", "fortran.npy", "big_endian.npy", "version2.npy"})
    survive(name, read_all_of_npy, 4000);
}
TEST(HostileFiles, Idx) {
  for (const char* name : {"images.idx3-ubyte", "images.idx3-ubyte.gz", "floats.idx"}) survive(name, read_all_of_idx, 4000);
}
TEST(HostileFiles, Csv) { survive("table.csv", read_all_of_csv, 4000); }
TEST(HostileFiles, Npz) {
  for (const char* name : {"stored.npz", "deflated.npz"}) survive(name, read_all_of_npz, 4000);
}
TEST(HostileFiles, Zip) { survive("model.keras", read_all_of_zip, 3000); }
TEST(HostileFiles, Keras) {
  survive("model.weights.h5", read_all_of_hdf5, 4000);
  survive("model.keras", read_all_of_keras, 1000);
  survive("model.h5", read_all_of_hdf5, 4000);
}
TEST(HostileFiles, Hdf5) {
  survive("latest.h5", read_all_of_hdf5, 2000);
  survive("default.h5", read_all_of_hdf5, 1000);
  survive("tracked.h5", read_all_of_hdf5, 1000);
}
TEST(HostileFilesSlow, Hdf5) {
  survive("latest.h5", read_all_of_hdf5, 40000);
  survive("default.h5", read_all_of_hdf5, 20000);
  survive("model.weights.h5", read_all_of_hdf5, 60000);
}

}  // namespace
}  // namespace cornu::io
