// BootInfo: the memory map put in order, the command line copied.
// Callers: boot parsers.
// Locks, context: before relocation; pure.
#include "arch/boot_info.h"

#include <cstring>

#include "arch/boot/parsers.h"

namespace arch {
namespace {

// Where ranges overlap the kind that allows least wins.
int severity(MemoryKind kind) {
    if (kind == MemoryKind::kUsable) return 1;
    if (kind == MemoryKind::kPersistent) return 2;
    if (kind == MemoryKind::kAcpiReclaimable) return 3;
    if (kind == MemoryKind::kAcpiNvs) return 4;
    if (kind == MemoryKind::kReserved) return 5;
    return 6;
}

void sort(u64* values, usize count) {
    for (usize i = 1; i < count; ++i) {
        const u64 value = values[i];
        usize j = i;
        for (; j > 0 && values[j - 1] > value; --j) values[j] = values[j - 1];
        values[j] = value;
    }
}

// The most severe of the ranges that cover [from, to), which no range boundary splits; null if none does.
const MemoryRange* covering(const MemoryRange* ranges, usize count, u64 from, u64 to) {
    const MemoryRange* worst = nullptr;
    for (usize i = 0; i < count; ++i) {
        const MemoryRange& r = ranges[i];
        if (r.base <= from && r.end() >= to && (!worst || severity(r.kind) > severity(worst->kind))) worst = &r;
    }
    return worst;
}

void append(BootInfo& info, u64 from, u64 to, MemoryKind kind) {
    if (info.range_count > 0) {
        MemoryRange& last = info.ranges[info.range_count - 1];
        if (last.end() == from && last.kind == kind) {
            last.size += to - from;
            return;
        }
    }
    if (info.range_count == BootInfo::kMaxRanges) {
        info.ranges_truncated = true;
        return;
    }
    info.ranges[info.range_count++] = {from, to - from, kind};
}

}  // namespace

void add_range(BootInfo& info, u64 base, u64 size, u32 acpi_type) {
    if (size == 0 || base + size < base) return;
    if (info.range_count == BootInfo::kMaxRanges) {
        info.ranges_truncated = true;
        return;
    }
    // UEFI loaders report kinds of their own (0x14 for run-time code): not ours to use.
    MemoryKind kind = MemoryKind::kReserved;
    if ((acpi_type >= 1 && acpi_type <= 5) || acpi_type == 7) kind = static_cast<MemoryKind>(acpi_type);
    info.ranges[info.range_count++] = {base, size, kind};
}

void sanitise_memory_map(BootInfo& info) {
    MemoryRange input[BootInfo::kMaxRanges];
    u64 edges[2 * BootInfo::kMaxRanges];
    const usize count = info.range_count;
    for (usize i = 0; i < count; ++i) {
        input[i] = info.ranges[i];
        edges[2 * i] = input[i].base;
        edges[2 * i + 1] = input[i].end();
    }
    sort(edges, 2 * count);
    info.range_count = 0;
    for (usize i = 0; i + 1 < 2 * count; ++i) {
        if (edges[i] == edges[i + 1]) continue;
        if (const MemoryRange* range = covering(input, count, edges[i], edges[i + 1])) {
            append(info, edges[i], edges[i + 1], range->kind);
        }
    }
}

void set_command_line(BootInfo& info, std::string_view text) {
    const usize length = text.size() < BootInfo::kMaxCommandLine - 1 ? text.size() : BootInfo::kMaxCommandLine - 1;
    if (length > 0) std::memcpy(info.command_line, text.data(), length);
    info.command_line[length] = 0;
    info.command_line_length = length;
}

bool has_option(std::string_view line, std::string_view word) {
    usize at = 0;
    while (at < line.size()) {
        usize end = at;
        while (end < line.size() && line[end] != ' ') ++end;
        const std::string_view token(line.data() + at, end - at);
        if (token == "--") return false;
        if (token == word) return true;
        at = end + 1;
    }
    return false;
}

}  // namespace arch
