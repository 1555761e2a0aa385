#include "cornu/backend/cuda/kernel/text_kernel.h"
#include "cornu/codegen/cuda_text.h"
#include "cornu/ops/axis.h"
#include "cornu/ops/sort/sort.h"

namespace cornu::ops {
namespace {

using cuda::Argument;

// Elements of a line are ordered by value, then by where they stood: that is stable. Blocks sort pieces of a line in shared memory
// (bitonic), then neighbours are merged: each element finds its place in the other piece by bisection.
constexpr const char* kLibrary = R"cuda(
namespace cornu::kernel {

template <class T>
inline bool is_negative(T x) {
  if constexpr (same<T, float>) return bitcast<int32_t>(x) < 0;
  else return bitcast<int64_t>(x) < 0;
}
// NaN is the largest; when `descending`, -0 is smaller than 0.
template <bool descending, class T>
inline bool comes_before(T a, T b) {
  if constexpr (same<T, float> || same<T, double>) {
    if (a != a || b != b) return descending ? b == b : a == a;
    if (descending && a == b) return is_negative(b) && !is_negative(a);
  }
  return descending ? b < a : a < b;
}
template <bool descending, class T>
inline bool is_less(T a, int32_t at_a, T b, int32_t at_b) {
  return comes_before<descending>(a, b) || (!comes_before<descending>(b, a) && at_a < at_b);
}

// A line of x, and where its sorted elements go: as numbers to `order`, or, of the first `kept`, to values and indices.
template <class Stored>
struct SortLine {
  using T = typename RegisterOf<Stored>::Type;
  const char* x;
  int32_t* order;
  char* values;
  int32_t* indices;
  int64_t from, to, inner, kept;

  SortLine(const char* x, int32_t* order, char* values, int32_t* indices, int64_t line, int64_t n, int64_t inner, int64_t kept)
      : x(x), order(order ? order + line * n : nullptr), values(values), indices(indices), from(line / inner * n * inner + line % inner),
        to(line / inner * kept * inner + line % inner), inner(inner), kept(kept) {}
  T at(int32_t i) const { return load<Stored, T>(x, from + i * inner); }
  void put(int64_t place, int32_t element) const {
    if (order) order[place] = element;
    else if (place < kept) {
      store<Stored>(values, to + place * inner, at(element));
      indices[to + place * inner] = element;
    }
  }
};

template <class Stored, bool descending>
inline void sort_pieces(typename RegisterOf<Stored>::Type* keys, int32_t* elements, const char* x, int32_t* order, char* values,
                        int32_t* indices, int64_t lines, int64_t n, int64_t inner, int64_t kept, int64_t piece) {
  const int64_t pieces = (n + piece - 1) / piece;
  const int size = piece;
  for (int64_t block = blockIdx.x; block < lines * pieces; block += gridDim.x) {
    const int64_t line = block / pieces, first = (block - line * pieces) * piece;
    const SortLine<Stored> sorted(x, order, values, indices, line, n, inner, kept);
    for (int i = threadIdx.x; i < size; i += blockDim.x) {
      elements[i] = first + i;
      if (first + i < n) keys[i] = sorted.at(first + i);
    }
    for (int run = 2; run <= size; run *= 2)
      for (int apart = run / 2; apart > 0; apart /= 2) {
        __syncthreads();
        for (int t = threadIdx.x; t < size / 2; t += blockDim.x) {
          const int low = 2 * t - (t & (apart - 1)), high = low + apart;
          const int32_t a = elements[low], b = elements[high];
          // What is behind the end of the line stays behind.
          const bool is_ordered = a >= n || b >= n ? a < b : is_less<descending>(keys[low], a, keys[high], b);
          if (is_ordered == ((low & run) == 0)) continue;
          const auto key = keys[low];
          keys[low] = keys[high];
          keys[high] = key;
          elements[low] = b;
          elements[high] = a;
        }
      }
    __syncthreads();
    for (int i = threadIdx.x; i < size && first + i < n; i += blockDim.x) sorted.put(first + i, elements[i]);
    __syncthreads();
  }
}

template <class Stored, bool descending>
inline void merge_pieces(const char* x, const int32_t* given, int32_t* order, char* values, int32_t* indices, int64_t lines, int64_t n,
                         int64_t inner, int64_t kept, int64_t piece) {
  for (int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < lines * n; i += int64_t(gridDim.x) * blockDim.x) {
    const int64_t line = i / n, place = i - line * n, pair = place / (2 * piece) * 2 * piece;
    const SortLine<Stored> sorted(x, order, values, indices, line, n, inner, kept);
    const int32_t* elements = given + line * n;
    const bool is_left = place < pair + piece;
    const int32_t element = elements[place];
    const auto key = sorted.at(element);
    const int64_t begin = is_left ? pair + piece : pair, end = is_left ? pair + 2 * piece : pair + piece;
    int64_t low = begin < n ? begin : n, high = end < n ? end : n;
    const int64_t first = low;
    while (low < high) {
      const int64_t middle = (low + high) / 2;
      const int32_t other = elements[middle];
      if (is_less<descending>(sorted.at(other), other, key, element)) low = middle + 1;
      else high = middle;
    }
    sorted.put(place + (low - first) - (is_left ? 0 : piece), element);
  }
}

}  // namespace cornu::kernel
)cuda";

constexpr int64_t kMostPiece = 1024;

ir::Lowered lower(const ir::Offer& offer, int, const ir::LoweringContext& context) {
  const ir::Node& node = offer.anchor;
  const auto& a = node.attributes<SortAttributes>();
  const DType dtype = node.specs()[0].dtype;
  const AxisSplit split = split_at(node.operand(0).shape(), a.axis);
  const int64_t n = split.extent, lines = n == 0 ? 0 : split.outer * split.inner, kept = node.specs()[0].shape[a.axis];
  int64_t piece = 64;
  while (piece < n && piece < kMostPiece) piece *= 2;

  // Numbers of elements on the way from one pass to the next, in turn.
  const int64_t buffer_bytes = lines * n * static_cast<int64_t>(sizeof(int32_t));
  int passes = 0;
  for (int64_t sorted = piece; sorted < n; sorted *= 2) ++passes;
  const auto buffer = [&](int pass) { return pass == passes ? Argument::number(0) : Argument::scratch(pass % 2 * buffer_bytes); };
  const auto arguments = [&](int pass, int64_t of_piece) {
    std::vector<Argument> out{Argument::operand(0)};
    if (pass > 0) out.push_back(buffer(pass - 1));
    out.insert(out.end(), {buffer(pass), Argument::operand(1), Argument::operand(2)});
    for (const int64_t number : {lines, n, split.inner, kept, of_piece}) out.push_back(Argument::number(number));
    return out;
  };

  const std::string types = fmt::format("{}, {}", codegen::cuda_type(dtype), a.descending);
  const std::string ending = fmt::format("{}_{}", dtype.name(), a.descending ? "descending" : "ascending");
  constexpr const char* kParameters =
      "int32_t* order, char* values, int32_t* indices, int64_t lines, int64_t n, int64_t inner, int64_t kept, int64_t piece";
  constexpr const char* kNames = "order, values, indices, lines, n, inner, kept, piece";
  std::vector<cuda::TextLaunch> launches;
  const cuda::KernelText sorts{
      "sort_pieces_" + ending,
      {kLibrary},
      fmt::format(R"cuda(
extern "C" __global__ void __launch_bounds__(512) sort_pieces_{}(const char* x, {}) {{
  using namespace cornu::kernel;
  __shared__ RegisterOf<{}>::Type keys[{}];
  __shared__ int32_t elements[{}];
  sort_pieces<{}>(keys, elements, x, {});
}}
)cuda",
                  ending, kParameters, codegen::cuda_type(dtype), kMostPiece, kMostPiece, types, kNames)};
  const int64_t blocks = std::clamp<int64_t>(lines * ((n + piece - 1) / piece), 1, 1 << 20);
  launches.push_back({sorts, {static_cast<unsigned>(blocks), static_cast<unsigned>(piece / 2)}, arguments(0, piece)});
  const cuda::KernelText merges{"merge_pieces_" + ending,
                                {kLibrary},
                                fmt::format(R"cuda(
extern "C" __global__ void __launch_bounds__(256) merge_pieces_{}(const char* x, const int32_t* given, {}) {{
  using namespace cornu::kernel;
  merge_pieces<{}>(x, given, {});
}}
)cuda",
                                            ending, kParameters, types, kNames)};
  for (int pass = 1; pass <= passes; ++pass)
    launches.push_back({merges, cuda::grid_for(lines * n, context.target), arguments(pass, piece << (pass - 1))});
  const auto scratch = static_cast<std::size_t>(std::min(passes, 2) * buffer_bytes);
  return {std::make_unique<cuda::TextKernel>("sort [cuda]", std::move(launches), scratch),
          ir::offered_inputs(offer, 0),
          {offer.result(0), ir::Value(&offer.result(0).node(), 1)}};
}

}  // namespace

std::span<const ir::Lowering> sort_cuda_lowerings() {
  static const ir::Lowering table[] = {{"pieces", TargetKind::cuda, ir::any_offer, lower}};
  return table;
}

}  // namespace cornu::ops
