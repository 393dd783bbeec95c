// The PCI functions of this machine: found once, with their base address registers assigned.
// Callers: platform/pc supplies the way to configuration space; drivers look for their devices.
// Locks, context: init() at start-up in thread context; the list does not change afterwards.
#pragma once

#include <span>

#include "base/result.h"
#include "device/mmio.h"
#include "device/pci/config.h"

namespace device::pci {

struct Window {
    u64 first = 0, end = 0;  // of memory addresses for devices
};
// Walks all buses behind `space`, which lives for ever, and gives addresses to registers that have none.
// `last_bus`: the highest bus number that `space` reaches.
Result<void> init(ConfigSpace& space, u8 last_bus, Window window);
std::span<const Function> functions();
// The first function of that vendor and device; null: none.
const Function* find(u16 vendor, u16 device);
// Turns on what the driver needs: command::kMemory, kPorts, kMaster.
void enable(const Function& f, u16 bits);
ConfigSpace* config_space();

// The memory behind a base address register as registers. ENXIO: it has none.
Result<MmioRegion> map_registers(const Function& f, usize bar);

}  // namespace device::pci
