#include "cornu/io/hdf5/links.h"

#include "cornu/io/hdf5/btree2.h"
#include "cornu/io/hdf5/fractal_heap.h"

namespace cornu::io::hdf5 {
namespace {

void add(const Image& image, Links& links, std::string_view name, uint64_t address) {
  if (name.empty() || name.find('/') != name.npos) throw image.damaged("a child is called '{}'", name.substr(0, 80));
  if (!links.emplace(name, Link{address}).second) throw image.damaged("two children are called '{}'", name);
}

// The older form: a version 1 B-tree whose leaves are tables of (place of the name in a heap, address).
class SymbolTable {
 public:
  SymbolTable(const Image& image, Links& links, uint64_t heap) : image_(image), budget_(image), links_(links) {
    Cursor at = image.at(heap, "a group's heap of names");
    at.expect("HEAP");
    at.skip(4);
    const uint64_t size = at.length();
    at.length();  // free list
    names_ = image.at(at.address(), size, "a group's heap of names").rest();
  }

  // Every node lies one level below its parent, so the depth is bounded whatever the bytes say.
  void tree(uint64_t address, int level) {
    Cursor at = image_.at(address, "a group's B-tree");
    at.expect("TREE");
    const int kind = at.u8(), own_level = at.u8();
    if (kind != 0 || (level >= 0 && own_level != level)) throw image_.damaged("a group's B-tree");
    const uint16_t children = at.u16();
    at.address();
    at.address();  // siblings
    budget_.spend(24);
    for (int i = 0; i < children; ++i) {
      budget_.spend(8);
      at.length();  // the key
      const uint64_t child = at.address();
      if (own_level > 0) tree(child, own_level - 1);
      else leaf(child);
    }
  }

 private:
  void leaf(uint64_t address) {
    Cursor at = image_.at(address, "a group's symbol table");
    at.expect("SNOD");
    at.skip(2);
    const uint16_t symbols = at.u16();
    budget_.spend(8);
    for (int i = 0; i < symbols; ++i) {
      Cursor name(image_, names_, "a group's heap of names");
      name.skip(at.length());
      const uint64_t object = at.address();
      const uint32_t cached = at.u32();
      at.skip(4 + 16);
      constexpr uint32_t kSoftLink = 2;
      const std::string_view text = name.text_until_nul();
      budget_.spend(24 + text.size());
      add(image_, links_, text, cached == kSoftLink ? kUndefined : object);
    }
  }

  const Image& image_;
  Budget budget_;
  Links& links_;
  std::span<const std::byte> names_;
};

// The newer form: one message a child.
void read_link(Cursor at, Links& links) {
  const Image& image = at.image();
  if (const int version = at.u8(); version != 1) throw image.damaged("a link of version {}", version);
  const uint8_t flags = at.u8();
  constexpr uint8_t kHard = 0;
  const uint8_t kind = flags & 0x08 ? at.u8() : kHard;
  if (flags & 0x04) at.skip(8);  // creation order
  if (flags & 0x10) at.skip(1);  // character set
  const auto name = at.take(at.number(1 << (flags & 3)));
  add(image, links, {reinterpret_cast<const char*>(name.data()), name.size()}, kind == kHard ? at.address() : kUndefined);
}

void read_heap_of_links(const Image& image, const ObjectHeader& group, Links& links) {
  const Message* info = group.find(MessageType::link_info);
  if (!info || info->shared) return;
  Cursor at(image, info->body, "a group's link information");
  at.skip(1);
  const uint8_t flags = at.u8();
  if (flags & 1) at.skip(8);  // the largest creation order
  const uint64_t heap_address = at.address(), index = at.address();
  if (heap_address == kUndefined || index == kUndefined) return;
  const FractalHeap heap(image, heap_address);
  Budget budget(image);
  visit_records(image, index, [&](Cursor record) {
    record.skip(4);  // the name's hash
    Cursor link = heap.object(record.take(heap.id_size()));
    budget.spend(link.left());
    read_link(link, links);
  });
}

}  // namespace

bool is_group(const ObjectHeader& header) {
  return header.find(MessageType::symbol_table) || header.find(MessageType::link_info) || header.find(MessageType::link);
}

Links read_links(const Image& image, const ObjectHeader& group) {
  Links links;
  if (group.find(MessageType::symbol_table)) {
    Cursor at = body_of(image, group, MessageType::symbol_table, "a group's symbol table");
    const uint64_t tree = at.address();
    SymbolTable(image, links, at.address()).tree(tree, -1);
  }
  for (const Message& message : group.messages)
    if (message.type == MessageType::link && !message.shared) read_link({image, message.body, "a link"}, links);
  read_heap_of_links(image, group, links);
  return links;
}

}  // namespace cornu::io::hdf5
