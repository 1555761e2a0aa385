#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cornu/backend/cuda/packages/install.h"

namespace cornu::cli {
namespace {

namespace packages = cuda::packages;

void print(const packages::Installed& one) {
  std::printf("%-10s %-12s CUDA %d %8.1f MB  %s\n", one.name.c_str(), one.version.c_str(), one.cuda, double(one.bytes) / 1e6,
              one.folder.c_str());
}

int install(packages::InstallArgs args) {
  args.say = [](const std::string& line) { std::fprintf(stderr, "cornu: %s\n", line.c_str()); };
  for (const auto& one : packages::install(args)) print(one);
  if (args.prefix != packages::default_prefix()) std::printf("To use them: export CORNU_CUDA_LIB_DIR=%s\n", args.prefix.c_str());
  return 0;
}

int list(const std::string& prefix, bool json) {
  const auto all = packages::list(prefix);
  if (!json) {
    for (const auto& one : all) print(one);
    if (all.empty()) std::printf("nothing is installed in %s\n", prefix.c_str());
    return 0;
  }
  auto out = nlohmann::ordered_json::array();
  for (const auto& one : all)
    out.push_back({{"name", one.name},
                   {"version", one.version},
                   {"cuda", one.cuda},
                   {"bytes", one.bytes},
                   {"folder", one.folder.string()}});
  std::cout << out.dump(2) << '\n';
  return 0;
}

int remove(const std::string& prefix, const std::vector<std::string>& names) {
  const auto gone = packages::remove(prefix, names);
  for (const auto& one : gone) std::printf("removed %s %s\n", one.name.c_str(), one.version.c_str());
  if (gone.empty()) std::printf("nothing is installed in %s\n", prefix.c_str());
  return 0;
}

struct Options {
  std::string prefix, from;
  std::vector<std::string> names;
  std::optional<int> cuda;
  bool json = false;

  std::string folder() const { return prefix.empty() ? packages::default_prefix().string() : prefix; }
};

void add_prefix(CLI::App& verb, Options& o) {
  verb.add_option("--prefix", o.prefix, "The folder (default: $XDG_DATA_HOME/cornu/cuda, else ~/.local/share/cornu/cuda)");
}

}  // namespace

void add_cuda(CLI::App& app, Run& run) {
  auto* verb = app.add_subcommand("cuda", "NVIDIA's libraries in a folder of Cornu's own: install, list, remove");
  auto o = std::make_shared<Options>();

  auto* put = verb->add_subcommand("install", "Fetches cuBLAS, cuDNN, NVRTC and nvJitLink for this machine's driver");
  put->add_option("--only", o->names, "Only these: cublas, cudnn, nvrtc, nvjitlink, nccl");
  put->add_option("--cuda", o->cuda, "For this major version of CUDA: 12, 13 (default: the newest that the driver runs)");
  put->add_option("--from", o->from, "A folder of wheels that were brought by hand")->check(CLI::ExistingDirectory);
  add_prefix(*put, *o);
  put->callback(
      [=, &run] { run = [=] { return install({.prefix = o->folder(), .only = o->names, .cuda = o->cuda, .from = o->from}); }; });

  auto* show = verb->add_subcommand("list", "What is installed there");
  show->add_flag("--json", o->json, "Print JSON");
  add_prefix(*show, *o);
  show->callback([=, &run] { run = [=] { return list(o->folder(), o->json); }; });

  auto* drop = verb->add_subcommand("remove", "Removes packages, or all of them");
  drop->add_option("NAME", o->names, "cudnn, ...; none: all");
  add_prefix(*drop, *o);
  drop->callback([=, &run] { run = [=] { return remove(o->folder(), o->names); }; });
}

}  // namespace cornu::cli
