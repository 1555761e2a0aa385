#pragma once

#include <fmt/format.h>

#include <string>
#include <type_traits>

#include "cornu/backend/cuda/library/library.h"
#include "cornu/base/errors.h"
#include "cornu/base/log.h"

// A library's entry points are one list, X(result, symbol, parameters), beside the types and constants that we use of it; no
// header of NVIDIA's is needed. tests/cuda_headers compares the lists with these headers where they are installed.
namespace cornu::cuda {

// Makes a struct of function pointers from such a list.
#define CORNU_CUDA_POINTER(result, symbol, parameters) result(*symbol) parameters = nullptr;
#define CORNU_CUDA_VISIT(result, symbol, parameters) visit(#symbol, symbol);
#define CORNU_CUDA_TABLE(LIST)   \
  LIST(CORNU_CUDA_POINTER)       \
  template <class Visit>         \
  void each_entry(Visit visit) { \
    LIST(CORNU_CUDA_VISIT)       \
  }

// The same for constants: X(name, value).
#define CORNU_CUDA_ENUMERATOR(name, value) name = value,

// A structure of a library's that only it looks into; the number tells one from another.
template <int>
struct Opaque;

// A library and its entry points. Without a problem all of them are there.
template <class Table>
struct Opened {
  Table table;
  Library library;
  std::string problem;  // why it cannot be used, one line; empty if it can
};

// The newest major version of CUDA that the driver runs: 13. 0 while there is no driver.
int newest_cuda();

// "libcudnn.so.9 (convolutions and attention) was not found; libcudnn.so.8 (8.9.7, /usr/lib) is of another version".
std::string not_found(const LibraryNames& all, int cuda, const devices::Machine& machine);

// A library may know for which major version of CUDA it was built, though its name does not tell: static int cuda(const Table&).
template <class Table>
concept KnowsItsCuda = requires(const Table& table) {
  Table::cuda(table);
};

template <class Table>
Opened<Table> open(const devices::Machine& machine = {}) {
  const LibraryNames names = Table::names();
  const int cuda = names.is_driver ? 0 : newest_cuda();
  Opened<Table> opened{.library = Library::open(names.runnable(cuda), machine)};
  if (!opened.library.is_open()) {
    opened.problem = not_found(names, cuda, machine);
    return opened;
  }
  opened.table.each_entry([&](const char* symbol, auto& pointer) {
    pointer = reinterpret_cast<std::remove_reference_t<decltype(pointer)>>(opened.library.find(symbol));
    if (!pointer && opened.problem.empty())
      opened.problem = fmt::format("{} ({}, {}) has no entry point {}: it is older than Cornu needs, or not NVIDIA's",
                                   names.sonames.front().file, names.title, opened.library.path(), symbol);
  });
  if constexpr (KnowsItsCuda<Table>)
    if (opened.problem.empty() && cuda > 0 && Table::cuda(opened.table) > cuda)
      opened.problem =
          fmt::format("{} ({}, {}) is built for CUDA {}, this driver runs CUDA {} at most", names.sonames.front().file,
                      names.title, opened.library.path(), Table::cuda(opened.table), cuda);
  return opened;
}

// The process's own, opened at first need and for good. CORNU_LOG=debug prints the search.
template <class Table>
const Opened<Table>& opened() {
  static const Opened<Table>* once = [] {
    const auto* made = new Opened<Table>(open<Table>());
    log::debug("looked for {}:\n{}", Table::names().title, made->library.search_text());
    return made;
  }();
  return *once;
}

// For work that cannot go on without the library.
template <class Table>
const Table& need() {
  const Opened<Table>& library = opened<Table>();
  if (library.problem.empty()) return library.table;
  throw error<DeviceError>("{}. `cornu doctor` says how to get it. Looked for it in this order:\n{}", library.problem,
                           library.library.search_text());
}

}  // namespace cornu::cuda
