#include "cornu/io/hdf5/object_header.h"

namespace cornu::io::hdf5 {
namespace {

struct Block {
  uint64_t address, size;
};

class HeaderReader {
 public:
  explicit HeaderReader(const Image& image) : image_(image), budget_(image) {}

  ObjectHeader read(uint64_t address) {
    Cursor at = image_.at(address, "an object header");
    if (static_cast<char>(at.rest()[0]) == 'O') read_new(at);
    else read_old(at);
    return std::move(header_);
  }

 private:
  void read_old(Cursor at) {
    if (const int version = at.u8(); version != 1) throw image_.damaged("an object header of version {}", version);
    at.skip(1);
    left_ = at.u16();
    at.skip(4);  // how many links lead here
    const uint32_t size = at.u32();
    at.skip(4);  // to a multiple of 8
    read_old_messages(at.part(size));
    while (!blocks_.empty()) {
      const Block block = next_block();
      read_old_messages(image_.at(block.address, block.size, "a part of an object header"));
    }
  }

  void read_old_messages(Cursor at) {
    budget_.spend(at.left() + 1);
    for (; left_ > 0 && at.left() >= 8; --left_) {
      const uint16_t type = at.u16(), size = at.u16();
      const uint8_t flags = at.u8();
      at.skip(3);
      add(type, flags, at.part(size));
    }
  }

  void read_new(Cursor at) {
    at.expect("OHDR");
    if (const int version = at.u8(); version != 2) throw image_.damaged("an object header of version {}", version);
    const uint8_t flags = at.u8();
    if (flags & 0x20) at.skip(16);  // times
    if (flags & 0x10) at.skip(4);   // when attributes move to a heap
    ordered_ = flags & 0x04;
    read_new_messages(at.part(at.number(1 << (flags & 3))));
    while (!blocks_.empty()) {
      const Block block = next_block();
      Cursor part = image_.at(block.address, block.size, "a part of an object header");
      part.expect("OCHK");
      if (part.left() < 4) throw image_.damaged("a part of an object header is cut off");
      read_new_messages(part.part(part.left() - 4));  // without the check sum
    }
  }

  void read_new_messages(Cursor at) {
    budget_.spend(at.left() + 1);
    const size_t head = ordered_ ? 6 : 4;
    while (at.left() >= head) {  // less is a gap
      const uint8_t type = at.u8();
      const uint16_t size = at.u16();
      const uint8_t flags = at.u8();
      at.skip(head - 4);
      add(type, flags, at.part(size));
    }
  }

  void add(uint16_t type, uint8_t flags, Cursor body) {
    if (MessageType{type} != MessageType::continuation) {
      header_.messages.push_back({MessageType{type}, (flags & 2) != 0, body.rest()});
      return;
    }
    const uint64_t address = body.address();
    blocks_.push_back({address, body.length()});
  }

  Block next_block() {
    const Block block = blocks_.back();
    blocks_.pop_back();
    return block;
  }

  const Image& image_;
  Budget budget_;
  ObjectHeader header_;
  std::vector<Block> blocks_;
  uint32_t left_ = 0;     // version 1 counts its messages
  bool ordered_ = false;  // version 2 may number them
};

}  // namespace

const Message* ObjectHeader::find(MessageType type) const {
  for (const Message& message : messages)
    if (message.type == type) return &message;
  return nullptr;
}

ObjectHeader read_object_header(const Image& image, uint64_t address) { return HeaderReader(image).read(address); }

Cursor body_of(const Image& image, const ObjectHeader& header, MessageType type, const char* what) {
  const Message* message = header.find(type);
  if (!message) throw image.damaged("{} is missing", what);
  if (message->shared) throw image.unsupported("an HDF5 object whose {} is shared with others", what);
  return {image, message->body, what};
}

}  // namespace cornu::io::hdf5
