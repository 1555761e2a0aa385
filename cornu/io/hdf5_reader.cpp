#include "cornu/io/hdf5_reader.h"

#include <optional>

#include "cornu/io/file.h"
#include "cornu/io/hdf5/dataset.h"
#include "cornu/io/hdf5/links.h"

namespace cornu::io {
namespace hdf5 {

struct GroupData {
  std::shared_ptr<const Image> image;
  uint64_t address;
  ObjectHeader header;
  Links links;
  std::string path;  // from the root, "/" for the root itself
};

namespace {

std::string joined(const std::string& parent, std::string_view name) {
  return parent == "/" ? fmt::format("/{}", name) : fmt::format("{}/{}", parent, name);
}

std::shared_ptr<const GroupData> open_group(std::shared_ptr<const Image> image, uint64_t address, std::string path) {
  ObjectHeader header = read_object_header(*image, address);
  if (!is_group(header)) throw file_error(image->file.name, "'{}' is not a group", path);
  Links links = read_links(*image, header);
  return std::make_shared<GroupData>(GroupData{std::move(image), address, std::move(header), std::move(links), path});
}

// The object at the end of a path, opened group by group. `missing` says what stands in the way.
struct Found {
  std::shared_ptr<const GroupData> parent;
  uint64_t address = kUndefined;
  std::string path, missing;
};

Found find(std::shared_ptr<const GroupData> group, std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  for (;;) {
    const size_t slash = path.find('/');
    const std::string_view name = path.substr(0, slash);
    Found found{group, kUndefined, joined(group->path, name), {}};
    const auto link = group->links.find(name);
    if (link == group->links.end()) {
      found.missing = fmt::format("group '{}' has no '{}'", group->path, name);
      return found;
    }
    if (link->second.address == kUndefined) {
      found.missing = fmt::format("'{}' is a soft or external link, which is not followed", found.path);
      return found;
    }
    found.address = link->second.address;
    if (slash == path.npos) return found;
    const ObjectHeader header = read_object_header(*group->image, found.address);
    if (!is_group(header)) {
      found.missing = fmt::format("'{}' is not a group", found.path);
      return found;
    }
    path.remove_prefix(slash + 1);
    group = open_group(group->image, found.address, found.path);
  }
}

Found require(std::shared_ptr<const GroupData> group, std::string_view path) {
  Found found = find(std::move(group), path);
  if (!found.missing.empty()) throw file_error(found.parent->image->file.name, "{}", found.missing);
  return found;
}

}  // namespace
}  // namespace hdf5

bool is_hdf5(std::span<const std::byte> bytes) {
  return bytes.size() >= hdf5::kSignature.size() &&
         std::memcmp(bytes.data(), hdf5::kSignature.data(), hdf5::kSignature.size()) == 0;
}

Hdf5File Hdf5File::open(const FileBytes& bytes) {
  auto image = std::make_shared<hdf5::Image>(hdf5::read_superblock(bytes));
  const uint64_t root = image->root;
  return Hdf5File(Hdf5Group(hdf5::open_group(std::move(image), root, "/")));
}

Hdf5File Hdf5File::open(const std::string& path) { return open(map_file(path)); }

const std::string& Hdf5Group::path() const { return data_->path; }
uint64_t Hdf5Group::address() const { return data_->address; }

std::vector<std::string> Hdf5Group::children() const {
  std::vector<std::string> names;
  for (const auto& [name, link] : data_->links) names.push_back(name);
  return names;
}

bool Hdf5Group::contains(std::string_view path) const { return hdf5::find(data_, path).missing.empty(); }

bool Hdf5Group::is_group(std::string_view path) const {
  const hdf5::Found found = hdf5::find(data_, path);
  return found.missing.empty() && hdf5::is_group(hdf5::read_object_header(*data_->image, found.address));
}

Hdf5Group Hdf5Group::group(std::string_view path) const {
  hdf5::Found found = hdf5::require(data_, path);
  return Hdf5Group(hdf5::open_group(data_->image, found.address, std::move(found.path)));
}

Hdf5Dataset Hdf5Group::dataset(std::string_view path) const {
  const hdf5::Found found = hdf5::require(data_, path);
  hdf5::ObjectHeader header = hdf5::read_object_header(*data_->image, found.address);
  if (hdf5::is_group(header)) throw file_error(data_->image->file.name, "'{}' is a group, not a dataset", found.path);
  return Hdf5Dataset(std::make_shared<hdf5::DatasetData>(hdf5::parse_dataset(data_->image, std::move(header), found.path)));
}

Hdf5Attributes Hdf5Group::attributes() const { return hdf5::read_attributes(*data_->image, data_->header, data_->path); }

const std::string& Hdf5Dataset::path() const { return data_->path; }
const Shape& Hdf5Dataset::shape() const { return data_->shape; }

DType Hdf5Dataset::dtype() const {
  if (!data_->refusal.empty()) throw file_error(data_->image->file.name, "{}", data_->refusal);
  return data_->type.dtype;
}

bool Hdf5Dataset::is_in_one_piece() const { return hdf5::is_in_one_piece(*data_); }
HostArray Hdf5Dataset::read() const { return hdf5::read_dataset(*data_); }
void Hdf5Dataset::read_into(std::span<std::byte> to) const { hdf5::read_dataset_into(*data_, to); }

Hdf5Attributes Hdf5Dataset::attributes() const { return hdf5::read_attributes(*data_->image, data_->header, data_->path); }

}  // namespace cornu::io
