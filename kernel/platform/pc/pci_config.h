// Ways to PCI configuration space on a PC: memory-mapped (MCFG) or ports 0xcf8 and 0xcfc.
// Callers: platform/pc.
// Locks, context: any; Rank::kDevice inside for the ports.
// Source: PCI Express Base 5.0, 7.2.2; PCI Local Bus 3.0, 3.2.2.3.2.
#pragma once

#include "arch/boot_info.h"

namespace platform::pc {

// Finds the functions and registers them with device/pci. Nothing to find is no error.
void init_pci(const arch::BootInfo& boot);

}  // namespace platform::pc
