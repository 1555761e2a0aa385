// Behind cuda_prologue.cuh in front of every kernel's text: what kernel programs are launched with, reductions, and the teams of
// threads that make them together.
namespace cornu::kernel {

// --- the numbers of a launch ---

template <int count>
struct Words {
  uint64_t at[count];
};

// --- reductions: a value, and what the next one does to it ---

template <class T>
struct Sum {
  static T identity() { return 0; }
  static T apply(T a, T b) { return op_add(a, b); }
};
template <class T>
struct Prod {
  static T identity() { return 1; }
  static T apply(T a, T b) { return op_mul(a, b); }
};
template <class T>
struct Max {  // NaN wins
  static T identity() { return Traits<T>::lowest(); }
  static T apply(T a, T b) { return (a > b) | (a != a) ? a : b; }
};
template <class T>
struct Min {
  static T identity() { return Traits<T>::highest(); }
  static T apply(T a, T b) { return (a < b) | (a != a) ? a : b; }
};
template <class T>
struct Any {
  static bool identity() { return false; }
  static bool apply(bool a, bool b) { return a | b; }
};
template <class T>
struct All {
  static bool identity() { return true; }
  static bool apply(bool a, bool b) { return a & b; }
};
// The first on ties; NaN is better than any number.
template <class T>
struct Best {
  T value;
  int32_t position;
};
template <class T, bool highest>
struct Arg {
  static Best<T> identity() { return {highest ? Traits<T>::lowest() : Traits<T>::highest(), 2147483647}; }
  static bool is_better(T a, T b) { return (highest ? a > b : a < b) | ((a != a) & (b == b)); }
  static Best<T> apply(Best<T> a, Best<T> b) {
    if (is_better(a.value, b.value)) return a;
    if (is_better(b.value, a.value)) return b;
    return a.position < b.position ? a : b;
  }
};
template <class T> using ArgMax = Arg<T, true>;
template <class T> using ArgMin = Arg<T, false>;
// No point at all is position 0.
template <class T> inline T result_of(T value) { return value; }
template <class T> inline int32_t result_of(Best<T> best) { return best.position == 2147483647 ? 0 : best.position; }

// --- teams of threads: of a warp, a block, or a column of a block ---

template <class T> inline T from_lane_across(T value, int lanes) { return __shfl_xor_sync(0xffffffffu, value, lanes); }
inline bool from_lane_across(bool value, int lanes) { return __shfl_xor_sync(0xffffffffu, int32_t(value), lanes) != 0; }
template <class T> inline Best<T> from_lane_across(Best<T> best, int lanes) {
  return {from_lane_across(best.value, lanes), from_lane_across(best.position, lanes)};
}
// A bit for each lane of the warp, and how many of them are set.
#ifdef __CUDACC_RTC__
inline uint32_t lanes_where(bool condition) { return __ballot_sync(0xffffffffu, condition); }
inline int count_of(uint32_t lanes) { return __popc(lanes); }
#else
inline uint32_t lanes_where(bool condition) {
  uint32_t lanes = uint32_t(condition) << (threadIdx.x % 32);
  for (int other = 1; other < 32; other *= 2) lanes |= from_lane_across(lanes, other);
  return lanes;
}
inline int count_of(uint32_t lanes) { return __builtin_popcount(lanes); }
#endif
// Of the lanes of a warp whose numbers differ by a multiple of `width`, a power of two: all get the same. Of two, that of the lower lane
// comes first.
template <class R, class T>
inline T across_lanes(T value, int lane, int width) {
  for (int lanes = width; lanes < 32; lanes *= 2) {
    const T other = from_lane_across(value, lanes);
    value = lane & lanes ? R::apply(other, value) : R::apply(value, other);
  }
  return value;
}
template <class R, class T>
inline T across_warp(T value) {
  return across_lanes<R>(value, threadIdx.x, 1);
}
// The same of a block's threads. `shared` has room for `width` values a warp.
template <class R, class T>
inline T across_threads(T value, T* shared, int thread, int width, int warps) {
  value = across_lanes<R>(value, thread, width);
  __syncthreads();  // what was there before has been read
  if (thread % 32 < width) shared[thread / 32 * width + thread % 32] = value;
  __syncthreads();
  const int column = thread % width;
  value = shared[column];
  for (int warp = 1; warp < warps; ++warp) value = R::apply(value, shared[warp * width + column]);
  return value;
}
template <class R, class T>
inline T across_block(T value, T* shared) {
  return across_threads<R>(value, shared, threadIdx.x, 1, blockDim.x / 32);
}
// Of the threads above each other in a block of 256 whose width is a power of two, a warp's at most.
template <class R, class T>
inline T across_tile(T value, T* shared) {
  return across_threads<R>(value, shared, threadIdx.y * blockDim.x + threadIdx.x, blockDim.x, 8);
}

}  // namespace cornu::kernel
