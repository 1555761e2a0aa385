#include "cornu/backend/cuda/kernel/cubin.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "cornu/base/errors.h"

namespace cornu::cuda {
namespace {

// Numbers of a section of notes: each is a format, an attribute, and (in this format) the length of what follows.
constexpr unsigned char kSized = 4;
constexpr unsigned char kMaxThreads = 0x05, kFrameSize = 0x11, kRegisters = 0x2f;

// Bytes of which nothing beyond the end is read.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  template <class T>
  T at(uint64_t offset) const {
    T out;
    const std::string_view from = part(offset, sizeof(T));
    std::memcpy(&out, from.data(), sizeof(T));
    return out;
  }
  std::string_view part(uint64_t offset, uint64_t size) const {
    if (offset > bytes_.size() || size > bytes_.size() - offset)
      throw error<ValueError>("A cubin ends before what it describes.");
    return bytes_.substr(offset, size);
  }
  std::string text(uint64_t offset) const {
    const std::string_view rest = part(offset, bytes_.size() - std::min<uint64_t>(offset, bytes_.size()));
    return std::string(rest.substr(0, rest.find('\0')));
  }
  uint64_t size() const { return bytes_.size(); }

 private:
  std::string_view bytes_;
};

class Cubin {
 public:
  explicit Cubin(std::string_view bytes) : file_(bytes) {
    if (bytes.substr(0, SELFMAG) != ELFMAG)
      throw error<ValueError>("A cubin is an ELF file. Received: {} other bytes", bytes.size());
    const auto header = file_.at<Elf64_Ehdr>(0);
    for (unsigned i = 0; i < header.e_shnum; ++i)
      sections_.push_back(file_.at<Elf64_Shdr>(header.e_shoff + i * sizeof(Elf64_Shdr)));
    if (header.e_shstrndx >= sections_.size()) throw error<ValueError>("A cubin names no section of names.");
    const Reader names = content(sections_[header.e_shstrndx]);
    for (const Elf64_Shdr& section : sections_) by_name_[names.text(section.sh_name)] = &section;
  }

  std::vector<CubinKernel> kernels() const {
    read_symbols();
    std::map<std::string, CubinKernel> out;
    if (const Elf64_Shdr* notes = find(".nv.info"))
      each_note(content(*notes), [&](unsigned char what, const Reader& value) {
        if (what != kRegisters && what != kFrameSize) return;
        CubinKernel& kernel = out[symbol(value.at<uint32_t>(0))];
        const auto number = value.at<uint32_t>(4);
        if (what == kRegisters) kernel.registers = static_cast<int>(number);
        else kernel.stack_bytes = number;
      });
    std::vector<CubinKernel> all;
    for (auto& entry : out) {
      const std::string& name = entry.first;
      CubinKernel& kernel = entry.second;
      kernel.name = name;
      if (const Elf64_Shdr* shared = find(".nv.shared." + name)) kernel.shared_bytes = static_cast<int64_t>(shared->sh_size);
      if (const Elf64_Shdr* notes = find(".nv.info." + name))
        each_note(content(*notes), [&](unsigned char what, const Reader& value) {
          if (what == kMaxThreads) kernel.max_threads = static_cast<int>(value.at<uint32_t>(0));
        });
      all.push_back(kernel);
    }
    return all;
  }

 private:
  const Elf64_Shdr* find(const std::string& name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
  }
  Reader content(const Elf64_Shdr& section) const { return Reader(file_.part(section.sh_offset, section.sh_size)); }

  template <class F>
  static void each_note(const Reader& notes, F&& f) {
    for (uint64_t at = 0; at + 4 <= notes.size();) {
      const auto format = notes.at<unsigned char>(at), what = notes.at<unsigned char>(at + 1);
      const auto length = notes.at<uint16_t>(at + 2);
      at += 4;
      if (format != kSized) continue;  // the two bytes are its value
      f(what, Reader(notes.part(at, length)));
      at += length;
    }
  }

  void read_symbols() const {
    const Elf64_Shdr *table = find(".symtab"), *names = find(".strtab");
    if (!table || !names) throw error<ValueError>("A cubin has no symbols.");
    const Reader symbols = content(*table), text = content(*names);
    for (uint64_t at = 0; at + sizeof(Elf64_Sym) <= symbols.size(); at += sizeof(Elf64_Sym))
      symbols_.push_back(text.text(symbols.at<Elf64_Sym>(at).st_name));
  }
  const std::string& symbol(uint32_t index) const {
    if (index >= symbols_.size()) throw error<ValueError>("A cubin names a symbol that it has not.");
    return symbols_[index];
  }

  const Reader file_;
  std::vector<Elf64_Shdr> sections_;
  std::map<std::string, const Elf64_Shdr*> by_name_;
  mutable std::vector<std::string> symbols_;
};

}  // namespace

bool is_cubin(std::string_view bytes) {
  constexpr Elf64_Half kCuda = 190;
  return bytes.size() > sizeof(Elf64_Ehdr) && bytes.substr(0, SELFMAG) == ELFMAG &&
         Reader(bytes).at<Elf64_Ehdr>(0).e_machine == kCuda;
}

std::vector<CubinKernel> kernels_of(std::string_view cubin) { return Cubin(cubin).kernels(); }

}  // namespace cornu::cuda
