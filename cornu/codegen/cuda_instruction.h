#pragma once

#include <string>

#include "cornu/codegen/cuda_layout.h"
#include "cornu/codegen/cuda_text.h"

namespace cornu::codegen {

// Single instructions of a kernel program as CUDA C++. Names in a text: register r0, operand p0 with strides s0_0, s0_1, ..., the place
// i0 in loop 0 of extent e0; what one thread, and then its team, has reduced so far is t5, where register r5 gets the result.
class CudaInstructions {
 public:
  CudaInstructions(const ir::KernelProgram& program, const CudaForm& form) : program_(program), form_(form), layout_(program) {}

  const CudaLayout& layout() const { return layout_; }
  std::string word(std::size_t i) const;  // of the launch's
  bool has_memory(std::size_t operand) const { return program_.operands[operand].access != ir::Access::index; }
  // Whether its strides over a loop matter.
  bool walks(std::size_t operand, std::size_t loop) const;
  // Whether it is moved as a pack of the thread's neighbours: a0.
  bool is_pack(std::size_t operand) const;
  std::string pack_type(std::size_t operand) const;
  std::string offset(std::size_t operand) const;

  std::string declaration(const ir::Instruction& i) const;  // of its register
  std::string store(const ir::Instruction& i) const;

  std::string partial_type(const ir::Instruction& reduce) const;
  std::string start(const ir::Instruction& reduce) const;                           // declares t5
  std::string take(const ir::Instruction& reduce, const std::string& value) const;  // reduces a value into t5
  std::string partial(const ir::Instruction& reduce) const;                         // the value of this point
  std::string of_team(const ir::Instruction& reduce) const;                         // of all its t5

 private:
  std::string value(const ir::Instruction& i) const;
  std::string call(const ir::Instruction& i) const;
  std::string load(const ir::Instruction& i) const;
  std::string place(std::size_t operand, std::size_t loop) const;
  std::string value_type(const ir::Instruction& reduce) const;
  std::string reduction(const ir::Instruction& reduce) const;

  const ir::KernelProgram& program_;
  const CudaForm& form_;
  const CudaLayout layout_;
};

}  // namespace cornu::codegen
