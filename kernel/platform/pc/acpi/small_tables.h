// HPET, MCFG, SRAT and SLIT: the timer, PCI configuration space, and which CPUs and memory are near each other. Pure.
// Callers: platform/pc, host tests.
// Locks, context: none.
// Source: ACPI 6.5, sections 5.2.16 and 5.2.17; IA-PC HPET 1.0a, 3.2.4; PCI Firmware 3.0, 4.1.2.
#pragma once

#include <array>
#include <span>

#include "base/result.h"
#include "base/types.h"

namespace platform::pc::acpi {

// Physical address of the timer's registers.
Result<PhysAddr> parse_hpet(std::span<const u8> table);

struct McfgSegment {
    u64 base = 0;
    u16 segment = 0;
    u8 first_bus = 0, last_bus = 0;
};
struct Mcfg {
    std::array<McfgSegment, 8> segments{};
    usize count = 0;
};
Result<Mcfg> parse_mcfg(std::span<const u8> table);

struct SratMemory {
    u64 base = 0, length = 0;
    u32 node = 0;
};
struct SratCpu {
    u32 apic_id = 0;
    u32 node = 0;
};
struct Srat {
    std::array<SratMemory, 64> memory{};
    usize memory_count = 0;
    std::array<SratCpu, 512> cpus{};
    usize cpu_count = 0;
};
// Fills `out` (large: not for a stack).
Result<void> parse_srat(std::span<const u8> table, Srat& out);

// The number of nodes, and the distance between two of them (10: the same).
Result<u64> slit_nodes(std::span<const u8> table);
Result<u8> slit_distance(std::span<const u8> table, u64 from, u64 to);

}  // namespace platform::pc::acpi
