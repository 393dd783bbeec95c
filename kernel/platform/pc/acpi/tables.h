// ACPI's root pointer, root table and table headers, read out of byte spans. Pure.
// Callers: platform/pc, host tests.
// Locks, context: none. Input is the firmware's and may be anything: every read is checked.
// Source: ACPI 6.5, sections 5.2.5 to 5.2.8.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/types.h"

namespace platform::pc::acpi {

inline constexpr usize kHeaderSize = 36;
inline constexpr usize kMaxTableSize = 8 * 1024 * 1024;  // a longer length is taken for damage

struct TableHeader {
    std::array<char, 4> signature{};
    u32 length = 0;
    u8 revision = 0;
    u8 checksum = 0;
    std::array<char, 6> oem{};
    std::array<char, 8> oem_table{};
    u32 oem_revision = 0;
    u32 creator = 0;
    u32 creator_revision = 0;

    std::string_view name() const { return {signature.data(), signature.size()}; }
};
static_assert(sizeof(TableHeader) == kHeaderSize);

// Where the root table is, and whether its entries are 8 bytes wide.
struct RootPointer {
    PhysAddr table;
    bool extended = false;
};

bool checksum_is_zero(std::span<const u8> bytes);

// The structure at the start of `bytes` (at least 20; 36 for revision 2). EINVAL: no signature or a wrong sum.
Result<RootPointer> parse_root_pointer(std::span<const u8> bytes);
// Offset of a valid root pointer on a 16-byte boundary of a BIOS area.
std::optional<usize> find_root_pointer(std::span<const u8> area);

// The header at the start of `bytes`; EINVAL when its length is not plausible.
Result<TableHeader> parse_header(std::span<const u8> bytes);
// A whole table of the right length, sum and, if not empty, signature.
Result<TableHeader> check_table(std::span<const u8> table, std::string_view signature);

// The entries of an RSDT or XSDT that was checked.
usize root_entries(std::span<const u8> root, bool extended);
PhysAddr root_entry(std::span<const u8> root, bool extended, usize index);

}  // namespace platform::pc::acpi
