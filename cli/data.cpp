#include "cli/data.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "cornu/device/gpu_checks.h"
#include "cornu/io/array_file.h"

namespace cornu::cli {

keras::Model read_model(const std::string& path) {
  if (!path.ends_with(".json")) return keras::models::load_model(path);
  std::ifstream file(path);
  if (!file) throw error<FileError>("Cannot read '{}': there is no such file.", path);
  std::stringstream text;
  text << file.rdbuf();
  return keras::models::model_from_json(text.str());
}

TensorNest read_data(const std::string& path) {
  const auto arrays = io::read_array_file(path);
  auto tensor = [](const io::HostArray& array) { return Tensor::from_memory(array.data, array.dtype, array.shape); };
  if (arrays.empty()) throw error<FileError>("'{}' holds no array.", path);
  if (arrays.size() == 1) return TensorNest(tensor(arrays.begin()->second));
  TensorNest::List list;
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    const auto found = arrays.find(std::to_string(i));
    if (found == arrays.end()) break;
    list.push_back(TensorNest(tensor(found->second)));
  }
  if (list.size() == arrays.size()) return TensorNest(std::move(list));
  TensorNest::Dict dict;
  for (const auto& [name, array] : arrays) dict.emplace_back(name, TensorNest(tensor(array)));
  return TensorNest(std::move(dict));
}

std::shared_ptr<std::string> add_device_option(CLI::App& verb) {
  auto device = std::make_shared<std::string>("auto");
  verb.add_option("--device", *device, "auto, cpu or gpu:N")->capture_default_str();
  return device;
}

void choose_device(const std::string& device) {
  if (device == "auto" || device == "cpu") return;
  if (!device.starts_with("gpu")) throw UsageError("--device is auto, cpu or gpu:N. Received: " + device);
  if (config::list_physical_devices("GPU").empty()) throw error<DeviceError>("--device {}: {}. Use --device cpu, or see `cornu doctor`.", device, devices::why_no_gpu());
}

}  // namespace cornu::cli
