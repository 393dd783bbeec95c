// Transparent large pages: which private memory may be mapped 2 MiB at a time, and what an administrator says of it.
// Callers: vm; main shows and sets it (/sys/kernel/mm/transparent_hugepage).
// Locks, context: any.
// Source: Linux 6.1, Documentation/admin-guide/mm/transhuge.rst; docs/decisions/0122.
#pragma once

#include <atomic>

#include "arch/page_table.h"
#include "vm/map_flags.h"

namespace vm::large_pages {

enum class Mode : u8 { kAlways, kMadvise, kNever };

struct Settings {
    std::atomic<Mode> enabled{Mode::kAlways};
};
extern Settings settings;

// Whether a fault in a mapping with these flags may take a large page. Pure.
constexpr bool wanted(Mode mode, MapFlags flags) {
    if (has(flags, MapFlags::kNoHugePage)) return false;
    return mode == Mode::kAlways || (mode == Mode::kMadvise && has(flags, MapFlags::kHugePage));
}
// The large page around `address` lies wholly in [start, end). Pure.
constexpr bool fits(u64 address, u64 start, u64 end) {
    const u64 first = align_down(address, arch::level_size(2));
    return first >= start && first < end && end - first >= arch::level_size(2);
}
// Whether [start, end) holds a large page at all. Pure.
constexpr bool holds_one(u64 start, u64 end) { return fits(align_up(start, arch::level_size(2)), start, end); }

}  // namespace vm::large_pages
