#pragma once

#include <vector>

#include "cornu/io/hdf5/image.h"

namespace cornu::io::hdf5 {

enum class MessageType : uint16_t {
  dataspace = 0x1,
  link_info = 0x2,
  datatype = 0x3,
  old_fill_value = 0x4,
  fill_value = 0x5,
  link = 0x6,
  external_files = 0x7,
  layout = 0x8,
  filters = 0xB,
  attribute = 0xC,
  continuation = 0x10,
  symbol_table = 0x11,
  attribute_info = 0x15,
};

struct Message {
  MessageType type;
  bool shared = false;  // the body is only a reference to another object's message
  std::span<const std::byte> body;
};

// What is known of an object (a group or a dataset): a list of messages.
struct ObjectHeader {
  std::vector<Message> messages;

  const Message* find(MessageType type) const;
};

// Version 1 or 2, with its continuation blocks.
ObjectHeader read_object_header(const Image& image, uint64_t address);

// The body of a message that must be there, or `damaged`; shared bodies are refused by name.
Cursor body_of(const Image& image, const ObjectHeader& header, MessageType type, const char* what);

}  // namespace cornu::io::hdf5
