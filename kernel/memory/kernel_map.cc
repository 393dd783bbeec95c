// Mappings of device memory and of scattered pages, in one area of kernel addresses.
#include "memory/kernel_map.h"

#include "arch/tlb.h"
#include "base/list.h"
#include "base/own.h"
#include "hw/ipi.h"
#include "memory/internal.h"
#include "sync/spin_lock.h"

namespace memory {
namespace {

using arch::PteBits;

struct Area {
    u64 start = 0, end = 0;  // the page after `end` is a guard and belongs to nobody
    bool dying = false;      // unmapped; kept until no CPU knows its translations
    ListNode node;
};
using Areas = IntrusiveList<Area, &Area::node>;

struct Map {
    u64 first = 0, last = 0;
    Areas areas;  // by address
};
constinit sync::SpinLock<sync::Rank::kVmap> lock;

Map& map() {
    static constinit Map m;
    return m;
}

// Gives `area` the first hole that fits. Lock held.
bool place(Area& area, u64 size) {
    Map& m = map();
    u64 at = m.first;
    for (Area& a : m.areas) {
        if (a.start >= at && a.start - at >= size + kPageSize) {
            area.start = at;
            area.end = at + size;
            Areas::insert_before(a, area);
            return true;
        }
        at = a.end + kPageSize;
    }
    if (at + size > m.last) return false;
    area.start = at;
    area.end = at + size;
    m.areas.push_back(area);
    return true;
}

void clear_pages(u64 start, u64 end) {
    for (u64 a = start; a < end; a += kPageSize) internal::unmap_page(a);
}

PteBits access_bits(KernelAccess access) {
    return access == KernelAccess::kReadWrite ? PteBits::kWrite | PteBits::kDirty : PteBits::kNone;
}

// phys_at(i) is the i-th page.
template <typename PhysAt>
Result<u64> map_pages(u64 pages, PteBits bits, PhysAt phys_at) {
    Own<Area> area = TRY(make_own<Area>());
    sync::SpinGuard guard(lock);
    if (!place(*area, pages << kPageShift)) return Errno::kNOMEM;
    for (u64 i = 0; i < pages; i++) {
        if (internal::map_page(area->start + (i << kPageShift), phys_at(i), bits)) continue;
        clear_pages(area->start, area->start + (i << kPageShift));  // never used: nobody cached them
        Areas::remove(*area);
        return Errno::kNOMEM;
    }
    return area.release()->start;
}

void flush_here(void*) { arch::flush_all(); }

}  // namespace

void flush_everywhere() {
    sync::PreemptGuard guard;
    arch::flush_all();
    hw::call_on_others(flush_here, nullptr);
}

Result<VirtAddr> map_kernel(PhysAddr phys, usize size, arch::Caching caching, KernelAccess access) {
    if (size == 0 || phys.value + size < phys.value) return Errno::kINVAL;
    const u64 first = phys.page_down().value;
    const u64 pages = pages_for(phys.page_offset() + size);
    const u64 start = TRY(map_pages(pages, access_bits(access) | arch::caching_bits(caching),
                                    [first](u64 i) { return PhysAddr(first + (i << kPageShift)); }));
    return VirtAddr(start + phys.page_offset());
}

Result<VirtAddr> map_frames(std::span<Frame* const> frames, KernelAccess access) {
    if (frames.empty()) return Errno::kINVAL;
    return VirtAddr(TRY(map_pages(frames.size(), access_bits(access), [frames](u64 i) { return phys_of(frames[i]); })));
}

void unmap_kernel(VirtAddr address) {
    Area* found = nullptr;
    {
        sync::SpinGuard guard(lock);
        for (Area& a : map().areas)
            if (!a.dying && address.value >= a.start && address.value < a.end) found = &a;
        ASSERT(found != nullptr);
        found->dying = true;
        clear_pages(found->start, found->end);
    }
    flush_everywhere();
    {
        sync::SpinGuard guard(lock);
        Areas::remove(*found);
    }
    base::destroy(found);
}

namespace internal {
void init_kernel_map(u64 start, u64 end) {
    map().first = start;
    map().last = end;
}
}  // namespace internal

}  // namespace memory
