#include "cornu/io/hdf5_writer.h"

#include <algorithm>

#include "cornu/io/hdf5/handle.h"

namespace cornu::io {
namespace {

using namespace hdf5;

hid_t integer_type(DType dtype) {
  const bool is_signed = dtype.kind() == DTypeKind::signed_integer;
  switch (dtype.size()) {
    case 1: return is_signed ? H5T_NATIVE_INT8 : H5T_NATIVE_UINT8;
    case 2: return is_signed ? H5T_NATIVE_INT16 : H5T_NATIVE_UINT16;
    case 4: return is_signed ? H5T_NATIVE_INT32 : H5T_NATIVE_UINT32;
    default: return is_signed ? H5T_NATIVE_INT64 : H5T_NATIVE_UINT64;
  }
}

TypeHandle half_type() {
  TypeHandle type(H5Tcopy(H5T_NATIVE_FLOAT), "float16");
  // Sign at bit 15, 5 bits of exponent at 10, 10 bits of mantissa at 0.
  require(H5Tset_fields(type, 15, 10, 5, 0, 10), "float16");
  require(H5Tset_size(type, 2), "float16");
  require(H5Tset_ebias(type, 15), "float16");
  return type;
}

// h5py's bool: an enum of one byte.
TypeHandle bool_type() {
  TypeHandle type(H5Tenum_create(H5T_NATIVE_INT8), "bool");
  for (const int8_t value : {0, 1}) require(H5Tenum_insert(type, value ? "TRUE" : "FALSE", &value), "bool");
  return type;
}

// NumPy has no bfloat16: h5py stores its two bytes as they are.
TypeHandle bfloat16_type() {
  TypeHandle type(H5Tcreate(H5T_OPAQUE, 2), "bfloat16");
  require(H5Tset_tag(type, ""), "bfloat16");
  return type;
}

TypeHandle type_of(DType dtype) {
  if (dtype == float16) return half_type();
  if (dtype == bfloat16) return bfloat16_type();
  if (dtype == bool_) return bool_type();
  const hid_t native = dtype == float32 ? H5T_NATIVE_FLOAT : dtype == float64 ? H5T_NATIVE_DOUBLE : integer_type(dtype);
  return {H5Tcopy(native), std::string(dtype.name())};
}

SpaceHandle space_of(const Shape& shape, const std::string& what) {
  if (shape.rank() == 0) return {H5Screate(H5S_SCALAR), what};
  const std::vector<hsize_t> dims(shape.begin(), shape.end());
  return {H5Screate_simple(shape.rank(), dims.data(), nullptr), what};
}

TypeHandle text_type(size_t size, H5T_str_t padding, H5T_cset_t characters) {
  TypeHandle type(H5Tcopy(H5T_C_S1), "text");
  require(H5Tset_size(type, size), "text");
  require(H5Tset_strpad(type, padding), "text");
  require(H5Tset_cset(type, characters), "text");
  return type;
}

FileHandle create_in_memory() {
  constexpr size_t kGrowth = 1 << 20;
  const PropertiesHandle access(H5Pcreate(H5P_FILE_ACCESS), "file");
  require(H5Pset_fapl_core(access, kGrowth, /*backing_store=*/0), "file");
  // libhdf5 takes two files in memory for one if they have the same name.
  static uint64_t count = 0;  // guarded by Session
  const std::string name = fmt::format("memory-{}.h5", count++);
  return {H5Fcreate(name.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access), "file"};
}

}  // namespace

struct Hdf5Writer::Impl {
  FileHandle file;
  PropertiesHandle makes_groups;  // links create the groups on their way
  PropertiesHandle timeless;      // equal contents give equal files

  Impl()
      : file(create_in_memory()),
        makes_groups(H5Pcreate(H5P_LINK_CREATE), "file"),
        timeless(H5Pcreate(H5P_DATASET_CREATE), "file") {
    require(H5Pset_create_intermediate_group(makes_groups, 1), "file");
    require(H5Pset_obj_track_times(timeless, false), "file");
  }

  bool exists(const std::string& path) const {
    for (size_t end = 0; end != path.npos;) {
      end = path.find('/', end + 1);
      if (H5Lexists(file, path.substr(0, end).c_str(), H5P_DEFAULT) <= 0) return false;
    }
    return true;
  }

  void set_attribute(const std::string& path, const std::string& name, hid_t type, hid_t space, const void* value) {
    const std::string what = fmt::format("{}@{}", path, name);
    const ObjectHandle object(H5Oopen(file, path.empty() ? "/" : path.c_str(), H5P_DEFAULT), what);
    if (H5Aexists(object, name.c_str()) > 0) require(H5Adelete(object, name.c_str()), what);
    const AttributeHandle attribute(H5Acreate2(object, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), what);
    if (value) require(H5Awrite(attribute, type, value), what);
  }

  void set_text(const std::string& path, const std::string& name, std::string_view text) {
    const std::string terminated(text);
    const char* value = terminated.c_str();
    set_attribute(path, name, text_type(H5T_VARIABLE, H5T_STR_NULLTERM, H5T_CSET_UTF8), space_of({}, name), &value);
  }
};

Hdf5Writer::Hdf5Writer() {
  const Session session;
  impl_ = std::make_unique<Impl>();
}
Hdf5Writer::~Hdf5Writer() {
  if (!impl_) return;
  const Session session;
  impl_.reset();
}
Hdf5Writer::Hdf5Writer(Hdf5Writer&&) noexcept = default;
Hdf5Writer& Hdf5Writer::operator=(Hdf5Writer&&) noexcept = default;

void Hdf5Writer::create_group(const std::string& path) {
  const Session session;
  if (impl_->exists(path)) return;
  ObjectHandle(H5Gcreate2(impl_->file, path.c_str(), impl_->makes_groups, H5P_DEFAULT, H5P_DEFAULT), path);
}

void Hdf5Writer::write(const std::string& path, const HostArray& array) {
  const Session session;
  const TypeHandle type = type_of(array.dtype);
  const SpaceHandle space = space_of(array.shape, path);
  const DatasetHandle dataset(
      H5Dcreate2(impl_->file, path.c_str(), type, space, impl_->makes_groups, impl_->timeless, H5P_DEFAULT), path);
  if (array.bytes() > 0) require(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, array.data.get()), path);
  if (array.dtype == bfloat16) impl_->set_text(path, "dtype", "bfloat16");
}

void Hdf5Writer::set_attribute(const std::string& path, const std::string& name, std::string_view text) {
  const Session session;
  impl_->set_text(path, name, text);
}

void Hdf5Writer::set_attribute(const std::string& path, const std::string& name, const std::vector<std::string>& texts) {
  const Session session;
  size_t width = 1;
  for (const std::string& text : texts) width = std::max(width, text.size());
  std::string packed(width * texts.size(), '\0');
  for (size_t i = 0; i < texts.size(); ++i) texts[i].copy(&packed[i * width], width);
  impl_->set_attribute(path, name, text_type(width, H5T_STR_NULLPAD, H5T_CSET_ASCII),
                       space_of({static_cast<int64_t>(texts.size())}, name), texts.empty() ? nullptr : packed.data());
}

void Hdf5Writer::set_attribute(const std::string& path, const std::string& name, const HostArray& array) {
  const Session session;
  impl_->set_attribute(path, name, type_of(array.dtype), space_of(array.shape, name),
                       array.bytes() > 0 ? array.data.get() : nullptr);
}

FileBytes Hdf5Writer::finish() {
  const Session session;
  require(H5Fflush(impl_->file, H5F_SCOPE_GLOBAL), "file");
  const ssize_t size = H5Fget_file_image(impl_->file, nullptr, 0);
  if (size < 0) throw error<FileError>("Cannot write 'file' into HDF5.");
  const auto bytes = allocate_host(static_cast<size_t>(size));
  if (H5Fget_file_image(impl_->file, bytes.get(), static_cast<size_t>(size)) != size)
    throw error<FileError>("Cannot write 'file' into HDF5.");
  impl_.reset();
  impl_ = std::make_unique<Impl>();
  return {"HDF5 in memory", bytes, static_cast<size_t>(size)};
}

}  // namespace cornu::io
