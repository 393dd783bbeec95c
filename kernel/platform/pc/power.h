// Ways to switch a PC off and to restart it, registered with hw/power.h.
// Callers: platform/pc.
// Locks, context: any when used.
#pragma once

#include <optional>

#include "platform/pc/acpi/fadt.h"

namespace platform::pc::power {

// `exit=debug`: isa-debug-exit at 0xf4 ends the emulator.
void use_debug_exit();
void init();
void use_acpi(const acpi::Fadt& fadt, std::optional<acpi::SleepType> soft_off);

}  // namespace platform::pc::power
