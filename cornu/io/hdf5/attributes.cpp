#include "cornu/io/hdf5/attributes.h"

#include "cornu/io/elements.h"
#include "cornu/io/hdf5/btree2.h"
#include "cornu/io/hdf5/datatype.h"
#include "cornu/io/hdf5/fractal_heap.h"
#include "cornu/io/hdf5/global_heap.h"

namespace cornu::io {
namespace hdf5 {
namespace {

using Value = Hdf5Attribute::Value;

// A fixed string ends at its first NUL, or, padded with spaces, before these.
std::string fixed_text(std::span<const std::byte> bytes, bool space_padded) {
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  text = text.substr(0, space_padded ? text.find_last_not_of(' ') + 1 : text.find('\0'));
  return std::string(text);
}

class AttributeReader {
 public:
  AttributeReader(const Image& image, const std::string& path) : image_(image), heap_(image), budget_(image), path_(path) {}

  void read(Cursor at, Hdf5Attributes& into) {
    const int version = at.u8();
    const uint8_t flags = at.u8();
    if (version < 1 || version > 3) throw image_.damaged("an attribute of version {}", version);
    const uint16_t name_size = at.u16(), type_size = at.u16(), space_size = at.u16();
    if (version == 3) at.skip(1);  // character set of the name
    const auto padded = [&](uint16_t size) {
      const auto bytes = at.take(size);
      if (version == 1) at.skip((8 - size % 8) % 8);
      return bytes;
    };
    const std::string name = fixed_text(padded(name_size), false);
    const auto type_bytes = padded(type_size), space_bytes = padded(space_size);
    const std::string where = fmt::format("attribute '{}' of '{}'", name, path_);
    Shape shape;
    Value value = Hdf5Attribute::Unreadable{"its datatype is shared with others"};
    if (version == 1 || (flags & 3) == 0) {
      const Datatype type = parse_datatype({image_, type_bytes, "a datatype"});
      const Dataspace space = parse_dataspace({image_, space_bytes, "a dataspace"});
      shape = space.null ? Shape{0} : Shape(space.dims);
      value = read_value(type, space, at, shape);
    }
    into.insert_or_assign(name, Hdf5Attribute(image_.file.name + ": " + where, shape, std::move(value)));
  }

 private:
  Value read_value(const Datatype& type, const Dataspace& space, Cursor at, const Shape& shape) {
    if (space.null) return Hdf5Attribute::Unreadable{"it is empty"};
    const auto size = byte_size(space.dims, static_cast<int>(type.size));
    if (!size || *size > at.left()) throw image_.damaged("an attribute is cut off");
    budget_.spend(*size);
    const auto bytes = at.take(*size);
    switch (type.kind) {
      case Datatype::Kind::number: {
        const FileBytes part{image_.file.name, {image_.file.data, bytes.data()}, bytes.size()};
        return array_from(part, 0, type.dtype, shape, type.swapped);
      }
      case Datatype::Kind::fixed_string:
      case Datatype::Kind::variable_string: return read_texts(type, bytes);
      default: return Hdf5Attribute::Unreadable{"its type is " + type.name};
    }
  }

  std::vector<std::string> read_texts(const Datatype& type, std::span<const std::byte> bytes) {
    std::vector<std::string> texts;
    for (size_t i = 0; i < bytes.size(); i += type.size) {
      const auto element = bytes.subspan(i, type.size);
      if (type.kind == Datatype::Kind::fixed_string) {
        texts.push_back(fixed_text(element, type.space_padded));
        continue;
      }
      Cursor at(image_, element, "a variable-length string");
      const uint32_t length = at.u32();
      const uint64_t collection = at.address();
      const uint32_t index = at.u32();
      const auto text = length == 0 ? std::span<const std::byte>() : heap_.object(collection, index);
      if (length > text.size()) throw image_.damaged("a variable-length string is cut off");
      budget_.spend(length);
      texts.push_back(fixed_text(text.first(length), false));
    }
    return texts;
  }

  const Image& image_;
  GlobalHeap heap_;
  Budget budget_;
  const std::string& path_;
};

}  // namespace

Hdf5Attributes read_attributes(const Image& image, const ObjectHeader& header, const std::string& path) {
  Hdf5Attributes attributes;
  AttributeReader reader(image, path);
  for (const Message& message : header.messages)
    if (message.type == MessageType::attribute && !message.shared) reader.read({image, message.body, "an attribute"}, attributes);
  const Message* info = header.find(MessageType::attribute_info);
  if (!info || info->shared) return attributes;
  Cursor at(image, info->body, "an object's attribute information");
  at.skip(1);
  if (at.u8() & 1) at.skip(2);  // the largest creation order
  const uint64_t heap_address = at.address(), index = at.address();
  if (heap_address == kUndefined || index == kUndefined) return attributes;
  const FractalHeap heap(image, heap_address);
  visit_records(image, index, [&](Cursor record) { reader.read(heap.object(record.take(heap.id_size())), attributes); });
  return attributes;
}

}  // namespace hdf5

void Hdf5Attribute::is_not(const char* expected) const {
  const auto* unreadable = std::get_if<Unreadable>(&value_);
  throw error<FileError>("Cannot read {}: {} was expected, {}.", where_, expected,
                         unreadable  ? unreadable->why
                         : is_text() ? "it is text"
                                     : "it is numbers");
}

const std::string& Hdf5Attribute::text() const {
  if (texts().size() != 1) is_not("one text");
  return texts()[0];
}

const std::vector<std::string>& Hdf5Attribute::texts() const {
  if (!is_text()) is_not("text");
  return std::get<std::vector<std::string>>(value_);
}

const HostArray& Hdf5Attribute::array() const {
  if (const auto* array = std::get_if<HostArray>(&value_)) return *array;
  is_not("numbers");
}

}  // namespace cornu::io
