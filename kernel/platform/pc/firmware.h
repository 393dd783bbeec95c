// The firmware's ACPI tables, mapped: found once at start-up and looked up by signature.
// Callers: platform/pc.
// Locks, context: boot CPU at start-up; the mappings stay for good.
#pragma once

#include <array>
#include <span>

#include "arch/boot_info.h"
#include "base/result.h"

namespace platform::pc::firmware {

// Finds the root pointer (boot protocol, else the BIOS area) and maps the root table. A missing or damaged table is
// named in the log; then find() gives ENOENT for everything.
void init(const arch::BootInfo& boot);
// The table with this signature, its sum checked; ENOENT, or EINVAL for a damaged one (named in the log).
Result<std::span<const u8>> find(std::string_view signature);
// A table at a known place (the DSDT), whole.
Result<std::span<const u8>> map_table(PhysAddr table);
// All tables, for listings: the n-th one's signature, or nothing.
usize count();
std::array<char, 4> signature(usize index);

}  // namespace platform::pc::firmware
