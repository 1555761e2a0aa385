#pragma once

#include <string>

namespace cornu::cli {

// Records the timeline, and writes it when it ends, however it ends, in Chrome's trace format: chrome://tracing and ui.perfetto.dev
// show it. An empty path records nothing.
class Profile {
 public:
  explicit Profile(std::string path);
  ~Profile();  // where `write` was not reached; a file that cannot be written is told on stderr
  Profile(const Profile&) = delete;
  Profile& operator=(const Profile&) = delete;

  void write();

 private:
  std::string path_;
};

}  // namespace cornu::cli
