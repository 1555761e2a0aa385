#include "cornu/io/zip.h"

#include <zlib.h>

#include "cornu/io/host_array.h"
#include "cornu/io/inflate.h"
#include "cornu/io/zip_source.h"

namespace cornu::io {
namespace {

bool leaves_its_folder(std::string_view name) {
  if (name.empty() || name[0] == '/' || name.find_first_of("\\:") != name.npos) return true;
  for (size_t begin = 0; begin <= name.size();) {
    const size_t end = std::min(name.find('/', begin), name.size());
    if (name.substr(begin, end - begin) == "..") return true;
    begin = end + 1;
  }
  return false;
}

// Where the bytes of a member begin. Reading one of them makes libzip check the local header and go there.
uint64_t find_data(zip_t* archive, const ZipInput& input, zip_uint64_t index, const std::string& where) {
  std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> file(::zip_fopen_index(archive, index, ZIP_FL_COMPRESSED), ::zip_fclose);
  char byte;
  if (!file || ::zip_fread(file.get(), &byte, 1) != 1) throw file_error(where, "its local header is damaged");
  return input.last_read();
}

uint32_t crc_of(std::span<const std::byte> bytes) {
  return static_cast<uint32_t>(::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::string inside(const std::string& archive, std::string_view member) { return fmt::format("{}:{}", archive, member); }

}  // namespace

ZipReader::ZipReader(const FileBytes& file) : file_(file) {
  if (file_.size == 0) throw file_error(file_.name, "it is empty");  // libzip would call it an archive
  ZipInput input(file_.span());
  const Archive archive = open_archive(input, ZIP_RDONLY, file_.name);
  const zip_int64_t count = ::zip_get_num_entries(archive.get(), 0);
  for (zip_uint64_t i = 0; i < static_cast<zip_uint64_t>(count); ++i) {
    zip_stat_t status;
    constexpr zip_uint64_t kNeeded =
        ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_CRC | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
    if (::zip_stat_index(archive.get(), i, 0, &status) != 0 || (status.valid & kNeeded) != kNeeded)
      throw file_error(file_.name, "member {} of its directory is damaged", i);
    const std::string name = status.name, where = inside(file_.name, name);
    if (leaves_its_folder(name)) throw file_error(where, "this name would leave the folder it is unpacked into");
    if (name.back() == '/') continue;
    if (status.encryption_method != ZIP_EM_NONE) throw file_error(where, "it is encrypted");
    if (status.comp_method != ZIP_CM_STORE && status.comp_method != ZIP_CM_DEFLATE)
      throw file_error(where, "its compression method {} is unknown; known are stored and deflated", status.comp_method);
    Member member{0, status.comp_size, status.size, status.crc, status.comp_method == ZIP_CM_DEFLATE};
    if (member.packed > file_.size || member.size > (member.deflated ? largest_inflated(member.packed) : member.packed))
      throw file_error(where, "{} bytes cannot come from the {} in the archive", member.size, member.packed);
    if (member.packed > 0) member.offset = find_data(archive.get(), input, i, where);
    if (member.offset > file_.size - member.packed) throw file_error(where, "it ends after the archive");
    if (!members_.emplace(name, member).second) throw file_error(where, "the archive has two members of this name");
  }
}

ZipReader::ZipReader(const std::string& path) : ZipReader(map_file(path)) {}

std::vector<std::string> ZipReader::names() const {
  std::vector<std::string> out;
  for (const auto& [name, member] : members_) out.push_back(name);
  return out;
}

const ZipReader::Member& ZipReader::member(const std::string& name) const {
  if (const auto found = members_.find(name); found != members_.end()) return found->second;
  throw file_error(inside(file_.name, name), "the archive has no such member");
}

FileBytes ZipReader::read(const std::string& name) const {
  const Member& from = member(name);
  if (from.deflated) {
    const auto to = allocate_host(from.size);
    read_into(name, {to.get(), from.size});
    return {inside(file_.name, name), to, from.size};
  }
  FileBytes out{inside(file_.name, name), {file_.data, file_.data.get() + from.offset}, from.size};
  check_crc(from, out);
  return out;
}

void ZipReader::read_into(const std::string& name, std::span<std::byte> to) const {
  const Member& from = member(name);
  CORNU_CHECK(to.size() == from.size, "{} bytes for a member of {}", to.size(), from.size);
  const std::byte* begin = file_.data.get() + from.offset;
  const std::string place = inside(file_.name, name);
  if (!from.deflated) std::copy_n(begin, from.size, to.data());
  else if (!inflate_raw({begin, from.packed}, to)) throw file_error(place, "its data are damaged");
  check_crc(from, {place, {file_.data, to.data()}, from.size});
}

void ZipReader::check_crc(const Member& from, const FileBytes& bytes) {
  if (crc_of(bytes.span()) != from.crc) throw file_error(bytes.name, "its data are damaged (wrong CRC)");
}

void write_zip(const std::string& path, const std::vector<ZipMember>& members) {
  AtomicFile file(path);
  ZipOutput output(file);
  Archive archive = open_archive(output, ZIP_CREATE | ZIP_TRUNCATE, path);
  const auto require = [&](bool done, const std::string& what) {
    output.rethrow();
    if (!done) throw error<FileError>("Cannot write '{}': {} ({}).", path, what, ::zip_strerror(archive.get()));
  };
  for (const auto& [name, content] : members) {
    zip_source_t* source = ::zip_source_buffer(archive.get(), content.data.get(), content.size, 0);
    const zip_int64_t index = source ? ::zip_file_add(archive.get(), name.c_str(), source, ZIP_FL_ENC_UTF_8) : -1;
    if (index < 0 && source) ::zip_source_free(source);
    require(index >= 0, "member " + name);
    constexpr zip_uint16_t kMidnight = 0, kNewYear1980 = 1 << 5 | 1;
    const auto i = static_cast<zip_uint64_t>(index);
    require(::zip_set_file_compression(archive.get(), i, ZIP_CM_STORE, 0) == 0, name);
    require(::zip_file_set_dostime(archive.get(), i, kMidnight, kNewYear1980, 0) == 0, name);
  }
  require(::zip_close(archive.get()) == 0, "the archive");
  (void)archive.release();  // zip_close has freed it
  file.commit();
}

}  // namespace cornu::io
