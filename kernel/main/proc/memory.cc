#include "main/proc/memory.h"

#include <array>

#include "fs/procfs/procfs.h"
#include "memory/kernel_map.h"
#include "memory/stats.h"

namespace kernel_main {
namespace {

using base::format_to;
using fs::Caller;
using fs::procfs::SeqSink;

constinit const arch::BootInfo* g_info = nullptr;

// ---- memmap ----

std::string_view kind_name(arch::MemoryKind kind) {
    switch (kind) {
        case arch::MemoryKind::kUsable: return "usable";
        case arch::MemoryKind::kReserved: return "reserved";
        case arch::MemoryKind::kAcpiReclaimable: return "ACPI tables";
        case arch::MemoryKind::kAcpiNvs: return "ACPI non-volatile storage";
        case arch::MemoryKind::kBad: return "bad";
        case arch::MemoryKind::kPersistent: return "persistent";
    }
    return "?";
}

struct Use {
    u64 start = 0, size = 0;
    std::string_view name;
};

Result<void> show_memmap(const Caller&, SeqSink& s) {
    const arch::Framebuffer& screen = g_info->framebuffer;
    const std::array uses = {
        Use{g_info->image_phys, g_info->image_size, "kernel image"},
        Use{g_info->initrd, g_info->initrd_size, "root archive (given back when it was unpacked)"},
        Use{screen.phys, u64{screen.pitch} * screen.height, "framebuffer of the boot loader"},
    };
    const auto line = [&](std::string_view indent, u64 start, u64 size, std::string_view name) {
        format_to(s, "{}{:012x}-{:012x} {:>9} KiB {}\n", indent, start, start + size - 1, size >> 10, name);
    };
    for (usize i = 0; i < g_info->range_count; i++) {
        const arch::MemoryRange& r = std::span(g_info->ranges)[i];
        line("", r.base, r.size, kind_name(r.kind));
        for (const Use& u : uses)
            if (u.size != 0 && u.start >= r.base && u.start < r.end()) line("  ", u.start, u.size, u.name);
    }
    const memory::Stats m = memory::stats();
    format_to(s, "pages: {} with the allocator, {} free, {} kept back\n", m.total, m.free, m.reserved);
    if (g_info->ranges_truncated) s.write("the firmware's list was longer than we keep\n");
    return {};
}

// ---- pmap ----

struct Shown {
    SeqSink& sink;
    memory::Layout layout;
    u64 writable_code = 0;
};

std::string_view area_name(const memory::Layout& l, u64 address) {
    if (address >= l.image) return "kernel image";
    if (address >= l.direct_map && address < l.direct_map + l.direct_map_size) return "direct map";
    if (address >= l.vmap && address < l.vmap + l.vmap_size) return "vmap: devices, stacks";
    if (address >= l.frame_table && address < l.frame_table + (u64{1} << 40)) return "frame table";
    return "";
}

std::string_view caching_name(arch::Caching caching) {
    switch (caching) {
        case arch::Caching::kWriteBack: return "write-back";
        case arch::Caching::kWriteCombining: return "write-combining";
        case arch::Caching::kUncachedMinus: return "uncached-";
        case arch::Caching::kUncached: return "uncached";
    }
    return "?";
}

void pmap_line(const memory::KernelRange& r, void* context) {
    Shown& shown = *static_cast<Shown*>(context);
    const u64 kib = r.page_size >> 10;
    if (r.writable && r.executable) shown.writable_code += r.end - r.start;
    format_to(shown.sink, "{:016x}-{:016x} r{}{} {:>4}{} {:<15} {:>9} KiB {}\n", r.start, r.end, r.writable ? 'w' : '-',
              r.executable ? 'x' : '-',
              kib < 1024       ? kib
              : kib < 1u << 20 ? kib >> 10
                               : kib >> 20,
              kib < 1024       ? 'K'
              : kib < 1u << 20 ? 'M'
                               : 'G',
              caching_name(r.caching), (r.end - r.start) >> 10, area_name(shown.layout, r.start));
}

Result<void> show_pmap(const Caller&, SeqSink& s) {
    Shown shown{.sink = s, .layout = memory::layout()};
    memory::for_each_kernel_range(pmap_line, &shown);
    format_to(s, "writable and executable: {} KiB\n", shown.writable_code >> 10);
    return {};
}

}  // namespace

Result<void> add_memory_files(const arch::BootInfo& info) {
    g_info = &info;
    TRY(fs::procfs::add_file("memmap", show_memmap));
    return fs::procfs::add_file("pmap", show_pmap, 0400);  // kernel addresses are root's
}

}  // namespace kernel_main
