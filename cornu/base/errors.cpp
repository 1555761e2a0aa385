#include "cornu/base/errors.h"

#include <string_view>

namespace cornu::detail {

void check_failed(const char* file, int line, const char* condition, const std::string& text) {
  std::string_view path = file;
  if (auto at = path.rfind("cornu/"); at != path.npos) path.remove_prefix(at);
  throw error<InternalError>("{}:{}: {} does not hold. {}{}This is a bug in Cornu.", path, line, condition, text,
                             text.empty() ? "" : " ");
}

}  // namespace cornu::detail
