// What the kernel's page tables map, for /proc/pmap.
#include "memory/kernel_map.h"
#include "memory/page_ops.h"

namespace memory {
namespace {

using arch::Pte;
using arch::PteBits;

struct Walk {
    void (*fn)(const KernelRange&, void*);
    void* context;
    KernelRange open;  // what has been seen last; empty: page_size 0

    void add(const KernelRange& r) {
        if (open.page_size != 0 && open.continued_by(r)) {
            open.end = r.end;
            return;
        }
        flush();
        open = r;
    }
    void flush() {
        if (open.page_size != 0) fn(open, context);
    }
};

arch::Caching caching_of(Pte p) {
    const bool through = p.has(PteBits::kWriteThrough), disabled = p.has(PteBits::kCacheDisable);
    if (disabled) return through ? arch::Caching::kUncached : arch::Caching::kUncachedMinus;
    return through ? arch::Caching::kWriteCombining : arch::Caching::kWriteBack;
}

// `base`: the address that entry 0 maps, as a canonical one.
void walk_table(PhysAddr at, u64 base, int level, Walk& walk) {
    // A table of the kernel's tree, in the direct map; tables are never freed.
    arch::PageTable& table = *static_cast<arch::PageTable*>(direct_map(at));
    for (usize i = 0; i < arch::kEntriesPerTable; i++) {
        const Pte entry = table[i].load();
        if (!entry.present()) continue;
        const u64 start = base + i * arch::level_size(level);
        if (level > 1 && !entry.large()) {
            walk_table(entry.address(), start, level - 1, walk);
            continue;
        }
        walk.add({.start = start,
                  .end = start + arch::level_size(level),
                  .page_size = arch::level_size(level),
                  .writable = entry.writable(),
                  .executable = entry.executable(),
                  .caching = caching_of(entry)});
    }
}

}  // namespace

void for_each_kernel_range(void (*fn)(const KernelRange&, void*), void* context) {
    Walk walk{.fn = fn, .context = context, .open = {}};
    arch::PageTable& top = *static_cast<arch::PageTable*>(direct_map(kernel_root()));
    for (usize i = arch::kUserTopEntries; i < arch::kEntriesPerTable; i++) {
        const Pte entry = top[i].load();
        const u64 start = 0xffff'0000'0000'0000 | i * arch::level_size(4);
        if (entry.present()) walk_table(entry.address(), start, 3, walk);
    }
    walk.flush();
}

}  // namespace memory
