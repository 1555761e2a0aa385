#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cornu/device/check.h"

// What NVML knows of a card, without a context.
namespace cornu::cuda {

std::optional<int64_t> free_memory(const std::string& pci_bus_id);

// The card's memory and who holds it, its modes, and whether its clocks are held down.
std::vector<devices::Check> card_checks(const std::string& pci_bus_id);

}  // namespace cornu::cuda
