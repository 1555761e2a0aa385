#include "cornu/keras/trainers/arguments.h"

namespace cornu::keras {

Verbose::Verbose(int level) : level_(level) {
  if (level < 0 || level > 2) throw error<ValueError>("`verbose` must be \"auto\", 0, 1 or 2. Received: verbose={}", level);
}
Verbose::Verbose(const char* text) : level_(1) {
  if (std::string_view(text) != "auto")
    throw error<ValueError>("`verbose` must be \"auto\", 0, 1 or 2. Received: verbose={}", text);
}

}  // namespace cornu::keras
