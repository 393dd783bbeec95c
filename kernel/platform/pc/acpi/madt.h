// The MADT: processors, I/O APICs and how ISA interrupts reach them. Pure.
// Callers: platform/pc, host tests.
// Locks, context: none.
// Source: ACPI 6.5, section 5.2.12.
#pragma once

#include <array>
#include <span>

#include "base/result.h"
#include "base/types.h"

namespace platform::pc::acpi {

struct MadtCpu {
    u32 apic_id = 0;
    u32 acpi_uid = 0;
};
struct MadtIoApic {
    u8 id = 0;
    u32 address = 0;
    u32 gsi_base = 0;
};
struct MadtOverride {
    u8 isa_irq = 0;
    u32 gsi = 0;
    u8 polarity = 0;  // 0: as the bus, 1: high, 3: low
    u8 trigger = 0;   // 0: as the bus, 1: edge, 3: level
};

struct Madt {
    static constexpr usize kMaxCpus = 512, kMaxIoApics = 16, kMaxOverrides = 32;
    u64 local_apic = 0xfee0'0000;
    bool has_8259 = true;
    std::array<MadtCpu, kMaxCpus> cpus{};  // usable ones, in the table's order
    usize cpu_count = 0;
    usize disabled_cpus = 0;
    std::array<MadtIoApic, kMaxIoApics> io_apics{};
    usize io_apic_count = 0;
    std::array<MadtOverride, kMaxOverrides> overrides{};
    usize override_count = 0;
    bool cut = false;  // more entries than fit
};

// Fills `out` (large: not for a stack). EINVAL: not a MADT, or an entry that runs past the end.
Result<void> parse_madt(std::span<const u8> table, Madt& out);

}  // namespace platform::pc::acpi
