// The FADT's registers for power, reset and the PM timer, and the sleep types out of the DSDT. Pure.
// Callers: platform/pc, host tests.
// Locks, context: none.
// Source: ACPI 6.5, sections 5.2.9, 4.8.3 and 7.4.2 (\_Sx).
#pragma once

#include <optional>
#include <span>

#include "base/result.h"
#include "base/types.h"

namespace platform::pc::acpi {

enum class Space : u8 { kMemory = 0, kPorts = 1, kPciConfig = 2 };

// Generic Address Structure, section 5.2.3.2.
struct Register {
    Space space = Space::kPorts;
    u64 address = 0;  // 0: not there
};

struct Fadt {
    PhysAddr dsdt;
    u16 sci = 0;
    u32 smi_command = 0;
    u8 acpi_enable = 0;
    u16 pm1a_control = 0, pm1b_control = 0;  // ports; 0: not there
    u16 pm_timer = 0;                        // port; 0: not there
    bool pm_timer_32_bits = false;
    u8 century_register = 0;  // in CMOS; 0: none
    Register reset;
    u8 reset_value = 0;
    bool has_reset = false;
    bool has_keyboard_controller = true;  // false only if the table says so
};
Result<Fadt> parse_fadt(std::span<const u8> table);

struct SleepType {
    u8 a = 0, b = 0;
};
// Finds Name(\_S5_, Package{...}) in a definition block by its bytes: enough for constants, which is what it is in
// practice, until there is an AML interpreter.
std::optional<SleepType> find_sleep_type(std::span<const u8> definition_block, u8 state);

}  // namespace platform::pc::acpi
