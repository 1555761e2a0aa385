#include "cli/profile.h"

#include <fmt/format.h>

#include <cstdio>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/data.h"
#include "cornu/base/timeline.h"

namespace cornu::cli {
namespace {

double microseconds(int64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e3; }
std::string quoted(const std::string& text) { return nlohmann::json(text).dump(); }

// Written line by line: as one JSON value a long trace would take many times its size.
class TraceText {
 public:
  TraceText() { number_of(""); }
  void add(const timeline::Event& event) {
    line(R"({{"name":{},"cat":"{}","ph":"X","ts":{:.3f},"dur":{:.3f},"pid":{},"tid":{}}})", quoted(event.name), event.category,
         microseconds(event.begin), microseconds(event.end - event.begin), number_of(event.device), event.thread);
  }
  void add(const timeline::Amount& amount) {
    line(R"({{"name":"memory of {}","ph":"C","ts":{:.3f},"pid":0,"args":{{"bytes":{}}}}})", amount.name, microseconds(amount.at),
         amount.bytes);
  }
  std::string take() { return std::move(text_) + "\n]}\n"; }

 private:
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    if (text_.back() == '}') text_ += ',';
    text_ += '\n';
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
  }
  // The host is process 0, a device one of its own, whose streams are threads.
  int number_of(const std::string& device) {
    const auto [at, is_new] = processes_.try_emplace(device, static_cast<int>(processes_.size()));
    if (is_new)
      line(R"({{"name":"process_name","ph":"M","pid":{},"args":{{"name":{}}}}})", at->second,
           quoted(device.empty() ? "host" : device));
    return at->second;
  }

  std::string text_ = R"({"displayTimeUnit":"ns","traceEvents":[)";
  std::map<std::string, int> processes_;
};

std::string trace_json(const timeline::Recording& recording) {
  TraceText text;
  for (const auto& event : recording.events) text.add(event);
  for (const auto& amount : recording.amounts) text.add(amount);
  return text.take();
}

}  // namespace

Profile::Profile(std::string path) : path_(std::move(path)) {
  if (!path_.empty()) timeline::start();
}

Profile::~Profile() {
  try {
    write();
  } catch (const std::exception& e) {
    std::fprintf(stderr, "cornu: %s\n", e.what());
  }
}

void Profile::write() {
  const std::string path = std::exchange(path_, "");
  if (path.empty()) return;
  const timeline::Recording recording = timeline::stop();
  if (recording.is_full) std::fprintf(stderr, "cornu: %s has the beginning only: it is full.\n", path.c_str());
  write_text(path, trace_json(recording));
}

}  // namespace cornu::cli
