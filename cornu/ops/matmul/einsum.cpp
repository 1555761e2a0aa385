#include "cornu/ops/matmul/einsum.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "cornu/ops/matmul/matmul.h"
#include "cornu/ops/reduce/reduce.h"
#include "cornu/ops/view/view.h"

namespace cornu::ops {
namespace {

// An operand and the label of each of its axes.
struct Term {
  Value value;
  std::string labels;
};

bool has(const std::string& labels, char label) { return labels.find(label) != std::string::npos; }

// The labels of `from` that are, or are not, in `other`.
std::string common(const std::string& from, const std::string& other, bool in = true) {
  std::string out;
  for (char label : from)
    if (has(other, label) == in) out += label;
  return out;
}

class Subscripts {
 public:
  Subscripts(const std::string& text, const std::vector<Value>& operands) : text_(text) {
    std::string plain = text;
    std::erase(plain, ' ');
    const std::size_t arrow = plain.find("->");
    read_inputs(plain.substr(0, arrow), operands);
    if (arrow == std::string::npos) output_ = implicit_output();
    else output_ = expanded(plain.substr(arrow + 2), widest_);
    for (char label : output_)
      if (std::count(output_.begin(), output_.end(), label) > 1 || !has(all(), label))
        refuse(fmt::format("'{}' must stand once in the output, and in an input", label));
  }
  const std::vector<std::string>& inputs() const { return inputs_; }
  const std::string& output() const { return output_; }
  [[noreturn]] void refuse(const std::string& why) const {
    throw error<ValueError>("`einsum` cannot read subscripts=\"{}\": {}.", text_, why);
  }

 private:
  void read_inputs(const std::string& text, const std::vector<Value>& operands) {
    std::vector<std::string> parts{""};
    for (char c : text) {
      if (c == ',') parts.emplace_back();
      else parts.back() += c;
    }
    if (parts.size() != operands.size())
      refuse(fmt::format("they are of {} operands, {} were given", parts.size(), operands.size()));
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const int rank = operands[i].shape().rank(), dots = has(parts[i], '.') ? rank - int(parts[i].size()) + 3 : 0;
      if (dots < 0 || (!has(parts[i], '.') && rank != int(parts[i].size())))
        refuse(fmt::format("operand {} has shape {}", i, to_string(operands[i].shape())));
      widest_ = std::max(widest_, dots);
      inputs_.push_back(expanded(parts[i], dots));
    }
  }
  // An ellipsis of `dots` axes becomes labels that are no letters; they are the same at the right end.
  std::string expanded(const std::string& part, int dots) const {
    std::string out;
    for (std::size_t i = 0; i < part.size(); ++i) {
      if (std::isalpha(static_cast<unsigned char>(part[i]))) {
        out += part[i];
        continue;
      }
      if (part.compare(i, 3, "...") != 0 || part.find('.', i + 3) != std::string::npos)
        refuse(fmt::format("'{}' is not expected", part[i]));
      for (int k = dots; k > 0; --k) out += char(k);
      i += 2;
    }
    return out;
  }
  std::string all() const { return fmt::format("{}", fmt::join(inputs_, "")); }
  // The axes of ellipses, then what stands once, in the order of the alphabet.
  std::string implicit_output() const {
    std::string letters = all(), out;
    std::sort(letters.begin(), letters.end());
    for (int k = widest_; k > 0; --k) out += char(k);
    for (char label : letters)
      if (label > widest_ && std::count(letters.begin(), letters.end(), label) == 1) out += label;
    return out;
  }

  std::string text_;
  int widest_ = 0;
  std::vector<std::string> inputs_;
  std::string output_;
};

int axis_of(const Term& t, char label) { return int(t.labels.find(label)); }

// An axis that an operand names twice is its diagonal.
Term diagonals(Term t) {
  for (std::size_t i = 0; i < t.labels.size();) {
    const char label = t.labels[i];
    const std::size_t again = t.labels.find(label, i + 1);
    if (again == std::string::npos) {
      ++i;
      continue;
    }
    t.value = diagonal(t.value, 0, int(i), int(again));
    t.labels.erase(again, 1).erase(i, 1);
    t.labels += label;
    i = 0;
  }
  return t;
}

Term summed(const Term& t, const std::string& kept) {
  std::vector<int> axes;
  for (char label : common(t.labels, kept, false)) axes.push_back(axis_of(t, label));
  return axes.empty() ? t : Term{sum(t.value, axes), common(t.labels, kept)};
}

// The axes in the order of `labels`, which may name axes that the term lacks: they get extent 1.
Value arranged(const Term& t, const std::string& labels) {
  std::vector<int> order;
  Shape shape;
  for (char label : labels) {
    shape.push_back(has(t.labels, label) ? t.value.shape()[axis_of(t, label)] : 1);
    if (has(t.labels, label)) order.push_back(axis_of(t, label));
  }
  return reshape(transpose(t.value, order), shape);
}

int64_t elements(const Term& t, const std::string& labels) {
  int64_t out = 1;
  for (char label : labels) out = multiply_dims(out, t.value.shape()[axis_of(t, label)]);
  return out;
}

// a and b, summed over what neither the output nor a later operand wants.
Term combined(const Term& a, const Term& b, const std::string& wanted) {
  const std::string shared = common(a.labels, b.labels), batch = common(shared, wanted), inner = common(shared, wanted, false);
  const std::string left = common(a.labels, shared, false), right = common(b.labels, shared, false), out = batch + left + right;
  if (inner.empty() || (left.empty() && right.empty())) {
    const std::string every = out + inner;
    return summed({mul(arranged(a, every), arranged(b, every)), every}, wanted);
  }
  Shape rows, columns, result;
  for (char label : batch) {
    const int64_t dim = a.value.shape()[axis_of(a, label)];
    for (Shape* shape : {&rows, &columns, &result}) shape->push_back(dim);
  }
  for (char label : left) result.push_back(a.value.shape()[axis_of(a, label)]);
  for (char label : right) result.push_back(b.value.shape()[axis_of(b, label)]);
  for (int64_t dim : {elements(a, left), elements(a, inner)}) rows.push_back(dim);
  for (int64_t dim : {elements(b, inner), elements(b, right)}) columns.push_back(dim);
  const Value product =
      matmul(reshape(arranged(a, batch + left + inner), rows), reshape(arranged(b, batch + inner + right), columns));
  return {reshape(product, result), out};
}

// The extent that each label stands for; 1 gives way to any other.
std::map<char, int64_t> extents_of(const std::vector<Term>& terms, const Subscripts& subscripts) {
  std::map<char, int64_t> out;
  for (const Term& t : terms)
    for (std::size_t axis = 0; axis < t.labels.size(); ++axis) {
      const int64_t dim = t.value.shape()[int(axis)];
      int64_t& known = out.emplace(t.labels[axis], dim).first->second;
      if (dim == known || dim == 1 || dim == Shape::kUnknown) continue;
      if (known != 1 && known != Shape::kUnknown)
        subscripts.refuse(fmt::format("'{}' stands for both {} and {}", t.labels[axis], known, dim));
      known = dim;
    }
  return out;
}

// Axes of extent 1 that are longer elsewhere broadcast: they are left out.
Term without_broadcast(Term t, const std::map<char, int64_t>& extents) {
  for (char label : std::string(t.labels))
    if (const int axis = axis_of(t, label); t.value.shape()[axis] == 1 && extents.at(label) != 1) {
      t.value = squeeze(t.value, {axis});
      std::erase(t.labels, label);
    }
  return t;
}

}  // namespace

Value einsum(const std::string& text, std::vector<Value> operands) {
  const Subscripts subscripts(text, operands);
  std::vector<Term> terms;
  for (std::size_t i = 0; i < operands.size(); ++i) terms.push_back({operands[i], subscripts.inputs()[i]});
  const auto extents = extents_of(terms, subscripts);
  for (Term& t : terms) t = without_broadcast(diagonals(t), extents);
  // What is still wanted behind each term.
  std::vector<std::string> wanted(terms.size(), subscripts.output());
  for (std::size_t i = terms.size() - 1; i > 0; --i) wanted[i - 1] = wanted[i] + terms[i].labels;
  Term out = summed(terms[0], wanted[0]);
  for (std::size_t i = 1; i < terms.size(); ++i) out = combined(out, summed(terms[i], wanted[i] + out.labels), wanted[i]);
  return arranged(out, subscripts.output());
}

}  // namespace cornu::ops
