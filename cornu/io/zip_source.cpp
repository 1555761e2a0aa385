#include "cornu/io/zip_source.h"

#include <algorithm>

namespace cornu::io {
namespace {

constexpr zip_int64_t kFailed = -1;

// False if there is no such place.
bool seek_to(uint64_t& position, uint64_t size, void* data, zip_uint64_t length, zip_error_t* error) {
  const zip_int64_t to = ::zip_source_seek_compute_offset(position, size, data, length, error);
  if (to < 0) return false;
  position = static_cast<uint64_t>(to);
  return true;
}

zip_int64_t give_size(void* data, uint64_t size) {
  auto* status = static_cast<zip_stat_t*>(data);
  ::zip_stat_init(status);
  status->size = size;
  status->valid = ZIP_STAT_SIZE;
  return sizeof(*status);
}

}  // namespace

zip_int64_t ZipInput::answer(void* data, zip_uint64_t length, zip_source_cmd_t command) {
  switch (command) {
    case ZIP_SOURCE_SUPPORTS: return ZIP_SOURCE_SUPPORTS_SEEKABLE;
    case ZIP_SOURCE_STAT: return give_size(data, bytes_.size());
    case ZIP_SOURCE_ERROR: return ::zip_error_to_data(&error_, data, length);
    case ZIP_SOURCE_OPEN: position_ = 0; return 0;
    case ZIP_SOURCE_CLOSE:
    case ZIP_SOURCE_FREE: return 0;
    case ZIP_SOURCE_TELL: return static_cast<zip_int64_t>(position_);
    case ZIP_SOURCE_SEEK: return seek_to(position_, bytes_.size(), data, length, &error_) ? 0 : kFailed;
    case ZIP_SOURCE_READ: {
      const size_t count = std::min<uint64_t>(length, bytes_.size() - position_);
      if (count > 0) std::memcpy(data, bytes_.data() + position_, count);
      last_read_ = std::exchange(position_, position_ + count);
      return static_cast<zip_int64_t>(count);
    }
    default: ::zip_error_set(&error_, ZIP_ER_OPNOTSUPP, 0); return kFailed;
  }
}

bool ZipOutput::flush() {
  try {
    file_.write(std::span<const std::byte>(buffer_));
    buffer_.clear();
    return true;
  } catch (...) {
    failure_ = std::current_exception();
    ::zip_error_set(&error_, ZIP_ER_WRITE, 0);
    return false;
  }
}

bool ZipOutput::write(std::span<const std::byte> bytes) {
  constexpr size_t kBuffer = 1 << 20;
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
  return buffer_.size() < kBuffer || flush();
}

zip_int64_t ZipOutput::answer(void* data, zip_uint64_t length, zip_source_cmd_t command) {
  switch (command) {
    case ZIP_SOURCE_SUPPORTS: return ZIP_SOURCE_SUPPORTS_WRITABLE;
    case ZIP_SOURCE_STAT: return give_size(data, 0);
    case ZIP_SOURCE_ERROR: return ::zip_error_to_data(&error_, data, length);
    case ZIP_SOURCE_OPEN:  // libzip looks at the old content, of which there is none
    case ZIP_SOURCE_READ:
    case ZIP_SOURCE_SEEK:
    case ZIP_SOURCE_TELL:
    case ZIP_SOURCE_BEGIN_WRITE:
    case ZIP_SOURCE_ROLLBACK_WRITE:
    case ZIP_SOURCE_REMOVE:
    case ZIP_SOURCE_CLOSE:
    case ZIP_SOURCE_FREE: return 0;
    case ZIP_SOURCE_COMMIT_WRITE: return flush() ? 0 : kFailed;
    case ZIP_SOURCE_TELL_WRITE: return static_cast<zip_int64_t>(file_.position() + buffer_.size());
    case ZIP_SOURCE_SEEK_WRITE: {
      uint64_t position = file_.position() + buffer_.size();
      end_ = std::max(end_, position);
      if (!seek_to(position, end_, data, length, &error_) || !flush()) return kFailed;
      file_.seek(position);
      return 0;
    }
    case ZIP_SOURCE_WRITE:
      return write({static_cast<const std::byte*>(data), length}) ? static_cast<zip_int64_t>(length) : kFailed;
    default: ::zip_error_set(&error_, ZIP_ER_OPNOTSUPP, 0); return kFailed;
  }
}

}  // namespace cornu::io
