#include "cornu/io/hdf5/dataset.h"

#include <algorithm>

#include "cornu/io/elements.h"
#include "cornu/io/hdf5/attributes.h"

namespace cornu::io::hdf5 {
namespace {

// Elements never written are the fill value, which h5py leaves at zero; only so many are made of nothing.
constexpr uint64_t kLargestUnwritten = 64 << 20;

// NumPy has no bfloat16 of its own, so h5py stores two opaque bytes, and Keras adds the attribute dtype = "bfloat16".
bool is_bfloat16(const DatasetData& dataset) {
  if (dataset.type.kind != Datatype::Kind::opaque || dataset.type.size != 2) return false;
  const Hdf5Attributes attributes = read_attributes(*dataset.image, dataset.header, dataset.path);
  const auto dtype = attributes.find("dtype");
  return dtype != attributes.end() && dtype->second.is_text() && dtype->second.text() == "bfloat16";
}

// The fill value's message: nothing but zeros is accepted where elements were never written.
bool fills_with_zeros(const DatasetData& dataset) {
  const Message* message = dataset.header.find(MessageType::fill_value);
  if (!message || message->shared) return !message && !dataset.header.find(MessageType::old_fill_value);
  Cursor at(*dataset.image, message->body, "a fill value");
  const int version = at.u8();
  bool defined;
  if (version < 3) {
    at.skip(2);
    defined = at.u8() != 0;
  } else {
    defined = at.u8() & 0x20;
  }
  if (!defined || at.left() < 4) return true;
  const auto value = at.take(at.u32());
  return std::all_of(value.begin(), value.end(), [](std::byte b) { return b == std::byte{0}; });
}

void check_unwritten(const DatasetData& dataset, uint64_t bytes) {
  if (bytes > kLargestUnwritten || !fills_with_zeros(dataset))
    throw file_error(dataset.image->file.name, "elements of '{}' were never written", dataset.path);
}

uint64_t size_of(const DatasetData& dataset) {
  const auto bytes = byte_size(dataset.shape.dims(), dataset.type.dtype.size());
  if (!bytes) throw dataset.image->damaged("'{}' has shape {}", dataset.path, to_string(dataset.shape));
  return *bytes;
}

void check_readable(const DatasetData& dataset) {
  if (!dataset.refusal.empty()) throw file_error(dataset.image->file.name, "{}", dataset.refusal);
}

// The elements as they lie in the file; empty if they were never written.
std::span<const std::byte> stored_elements(const DatasetData& dataset, uint64_t bytes) {
  const bool compact = dataset.layout.kind == DataLayout::Kind::compact;
  if (!compact && dataset.layout.address == kUndefined) {
    check_unwritten(dataset, bytes);
    return {};
  }
  const auto stored =
      compact ? dataset.layout.compact : dataset.image->at(dataset.layout.address, dataset.layout.size, "a dataset").rest();
  if (stored.size() < bytes)
    throw dataset.image->damaged("'{}' of shape {} has only {} bytes", dataset.path, to_string(dataset.shape), stored.size());
  return stored.first(bytes);
}

void copy_elements(const DatasetData& dataset, std::span<const std::byte> from, std::span<std::byte> to) {
  if (dataset.type.swapped)
    copy_swapped(to.data(), from.data(), to.size() / dataset.type.size, static_cast<int>(dataset.type.size));
  else std::copy(from.begin(), from.end(), to.begin());
}

class ChunkedReader {
 public:
  explicit ChunkedReader(const DatasetData& dataset)
      : dataset_(dataset),
        grid_(*dataset.image, dataset.space, dataset.layout, dataset.type.size),
        chunks_(find_chunks(*dataset.image, dataset.layout, grid_, !dataset.filters.empty())) {
    for (const Chunk& chunk : chunks_)
      if (!dataset.filters.believable(chunk.stored, grid_.chunk_bytes, chunk.skipped))
        throw dataset.image->damaged("a chunk of {} bytes cannot come from {}", grid_.chunk_bytes, chunk.stored);
    if (chunks_.size() < grid_.total) check_unwritten(dataset, size_of(dataset));
  }

  void read(std::span<std::byte> to) const {
    read_chunks(*dataset_.image, grid_, chunks_, dataset_.filters, dataset_.type.size, to);
    if (dataset_.type.swapped)
      copy_swapped(to.data(), to.data(), to.size() / dataset_.type.size, static_cast<int>(dataset_.type.size));
  }

 private:
  const DatasetData& dataset_;
  ChunkGrid grid_;
  std::vector<Chunk> chunks_;
};

// Calls `make` for memory only when all that can be checked before has been.
template <class Make>
void read_elements(const DatasetData& dataset, uint64_t bytes, Make&& make) {
  if (dataset.layout.kind == DataLayout::Kind::chunked && bytes > 0) {
    const ChunkedReader reader(dataset);
    const std::span<std::byte> to = make();
    reader.read(to);
    if (dataset.type.dtype == bool_) normalize_bools(to);
    return;
  }
  const auto from = bytes == 0 ? std::span<const std::byte>() : stored_elements(dataset, bytes);
  const std::span<std::byte> to = make();
  if (from.size() == to.size()) copy_elements(dataset, from, to);
  else std::fill(to.begin(), to.end(), std::byte{0});
  if (dataset.type.dtype == bool_) normalize_bools(to);
}

}  // namespace

DatasetData parse_dataset(std::shared_ptr<const Image> owner, ObjectHeader header, const std::string& path) {
  const Image& image = *owner;
  DatasetData dataset{std::move(owner), std::move(header), path};
  dataset.type = parse_datatype(body_of(image, dataset.header, MessageType::datatype, "a dataset's datatype"));
  dataset.space = parse_dataspace(body_of(image, dataset.header, MessageType::dataspace, "a dataset's dataspace"));
  dataset.layout = parse_layout(body_of(image, dataset.header, MessageType::layout, "a dataset's layout"));
  if (dataset.space.null) dataset.space.dims = dataset.space.max_dims = {0};
  dataset.shape = Shape(dataset.space.dims);
  if (is_bfloat16(dataset)) {
    dataset.type.kind = Datatype::Kind::number;
    dataset.type.dtype = bfloat16;
  }
  if (dataset.type.kind != Datatype::Kind::number)
    dataset.refusal = fmt::format("the elements of '{}' are {}, not numbers", path, dataset.type.name);
  if (dataset.header.find(MessageType::external_files))
    dataset.refusal = fmt::format("the elements of '{}' are in another file, which is not opened", path);
  if (dataset.refusal.empty() && dataset.layout.kind == DataLayout::Kind::chunked && dataset.header.find(MessageType::filters))
    dataset.filters = FilterPipeline(body_of(image, dataset.header, MessageType::filters, "a dataset's filters"));
  return dataset;
}

bool is_in_one_piece(const DatasetData& dataset) {
  check_readable(dataset);
  const uint64_t bytes = size_of(dataset);
  const bool in_place = dataset.layout.kind == DataLayout::Kind::compact ||
                        (dataset.layout.kind == DataLayout::Kind::contiguous && dataset.layout.address != kUndefined);
  return in_place && bytes > 0 && stored_elements(dataset, bytes).size() == bytes;
}

HostArray read_dataset(const DatasetData& dataset) {
  check_readable(dataset);
  const uint64_t bytes = size_of(dataset);
  if (is_in_one_piece(dataset)) {
    const auto stored = stored_elements(dataset, bytes);
    const FileBytes part{dataset.image->file.name, {dataset.image->file.data, stored.data()}, stored.size()};
    return array_from(part, 0, dataset.type.dtype, dataset.shape, dataset.type.swapped);
  }
  std::shared_ptr<std::byte> data;
  read_elements(dataset, bytes, [&] {
    data = allocate_host(bytes);
    return std::span<std::byte>(data.get(), bytes);
  });
  return {dataset.type.dtype, dataset.shape, std::move(data)};
}

void read_dataset_into(const DatasetData& dataset, std::span<std::byte> to) {
  check_readable(dataset);
  const uint64_t bytes = size_of(dataset);
  CORNU_CHECK(to.size() == bytes, "'{}' has {} bytes, not {}.", dataset.path, bytes, to.size());
  read_elements(dataset, bytes, [&] { return to; });
}

}  // namespace cornu::io::hdf5
