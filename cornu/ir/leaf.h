#pragma once

#include "cornu/ir/op.h"

namespace cornu::ir {

// The nodes without operands. A parameter is bound when a program runs; data is memory that exists already; a constant is
// written in the program.
extern const OpDef parameter_op;
extern const OpDef data_op;
extern const OpDef constant_op;

struct ConstantAttributes {
  DType dtype;
  Shape shape;
  uint64_t bits;  // of the one element that fills the shape: a double's for floating dtypes, an int64's or uint64's otherwise
};

// The same elements, dense in memory of their own: what a strided view becomes where a kernel wants plain memory.
extern const OpDef copy_op;

Value parameter(Spec spec);
Value data(Spec spec, std::shared_ptr<Data> data);
// A tensor filled with one number, converted to the dtype as C++ does.
Value constant(double value, DType dtype, Shape shape = {});
Value integer_constant(int64_t value, DType dtype, Shape shape = {});

inline bool is_parameter(const Value& v) { return &v->op() == &parameter_op; }
inline bool is_data(const Value& v) { return &v->op() == &data_op; }
inline bool is_constant(const Value& v) { return &v->op() == &constant_op; }
inline bool is_leaf(const Value& v) { return is_parameter(v) || is_data(v) || is_constant(v); }
Value copy(Value value);
double constant_as_double(const Value& v);  // of a constant node

}  // namespace cornu::ir
