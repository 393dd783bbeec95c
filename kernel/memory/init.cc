// Start of the memory system: from the firmware's map to working allocators.
#include "memory/init.h"

#include "arch/image.h"
#include "log/log.h"
#include "memory/internal.h"
#include "memory/kasan/kasan.h"
#include "memory/page_ops.h"
#include "memory/stats.h"

namespace memory {

namespace internal {
constinit EarlyMemory early;

u64 early_take_raw(u64 size, u64 alignment) {
    const u64 p = early.take(size, alignment, 1ull << 32);
    if (p == 0) log::panic("memory: too little memory below 4 GiB to start: {} bytes wanted", size);
    return p;
}
u64 early_take(u64 size, u64 alignment) {
    const u64 p = early_take_raw(size, alignment);
    for (u64 at = p; at < p + size; at += kPageSize) clear_page(reinterpret_cast<void*>(at));  // mapped one to one
    return p;
}
}  // namespace internal

namespace {

using internal::early;

constexpr u64 kLowEnd = 1 << 20;

// The word `name` or the value of `name=` among the options, which end at " -- ".
bool find_option(std::string_view options, std::string_view name, std::string_view& value) {
    while (!options.empty()) {
        const usize end = options.find(' ');
        const std::string_view word = options.substr(0, end);
        options = end == std::string_view::npos ? std::string_view() : options.substr(end + 1);
        if (word == "--") return false;
        if (word.substr(0, name.size()) != name) continue;
        if (word.size() == name.size()) {
            value = {};
            return true;
        }
        if (word[name.size()] == '=') {
            value = word.substr(name.size() + 1);
            return true;
        }
    }
    return false;
}

// "512M" and the like; 0 if it is no number.
u64 parse_size(std::string_view text) {
    u64 n = 0;
    for (char c : text) {
        if (c >= '0' && c <= '9') {
            n = n * 10 + static_cast<u64>(c - '0');
            continue;
        }
        switch (c | 0x20) {
            case 'k': return n << 10;
            case 'm': return n << 20;
            case 'g': return n << 30;
            default: return 0;
        }
    }
    return n;
}

u64 fill_early(const arch::BootInfo& info, u64 most) {
    u64 pages = 0;
    EarlyMemory low;
    for (usize i = 0; i < info.range_count; i++) {
        const arch::MemoryRange& r = info.ranges[i];
        if (r.kind != arch::MemoryKind::kUsable) continue;
        // Page 0 stays unused, and the low megabyte is for real-mode code: firmware keeps things there it does not
        // report.
        if (r.base < kLowEnd) low.add(r.base < kPageSize ? kPageSize : r.base, r.end() < kLowEnd ? r.end() : kLowEnd);
        u64 start = r.base < kLowEnd ? kLowEnd : r.base, end = r.end();
        if (most != 0 && end > most) end = most;
        if (start < end) early.add(start, end);
        pages += r.size >> kPageShift;
    }
    early.remove(info.image_phys, info.image_phys + info.image_size);
    const u64 image = arch::image_phys(image_start).value;
    early.remove(image, image + (arch::address_of(image_end) - arch::address_of(image_start)));
    if (info.initrd_size != 0) early.remove(info.initrd, info.initrd + info.initrd_size);
    if (early.overflowed()) log::warn("memory: the firmware's map has too many pieces; some memory stays unused");
    internal::add_low_pages(low);
    return pages;
}

}  // namespace

void init(const arch::BootInfo& info) {
    std::string_view value;
    const u64 most = find_option(info.options(), "mem", value) ? parse_size(value) : 0;
    const bool randomise = !find_option(info.options(), "nokaslr", value);

    const u64 ram_pages = fill_early(info, most);
    internal::build_kernel_tables(info, randomise);
    internal::load_kernel_tables();
    kasan::enable();
    // What the frame table does not reach (above its limit) is not given out.
    if (internal::max_page << kPageShift < ~u64{0} - kPageSize)
        early.remove(internal::max_page << kPageShift, ~u64{0} - kPageSize);
    internal::init_zones(early, ram_pages);
    internal::init_heap();

    const Stats s = stats();
    log::info("memory: {} KiB free of {} KiB, direct map at {:#x}", s.free * 4, ram_pages * 4, direct_map_base());
}

}  // namespace memory
