// Large pages of private anonymous memory: faults, and joining small pages (MADV_COLLAPSE).
#include "memory/page_ops.h"
#include "memory/page_run.h"
#include "memory/stats.h"
#include "vm/address_space.h"
#include "vm/large_pages.h"
#include "vm/space_access.h"
#include "vm/tables.h"

namespace vm {

using arch::Pte;
using arch::PteBits;
using arch::PteSlot;
using memory::Frame;
using memory::FrameKind;
using tables::kLargeOrder;
using tables::kLargePages;
using tables::kLargeSize;

namespace large_pages {
constinit Settings settings;
}

namespace {

Pte large_entry(const Mapping& m, const Frame* first) {
    return {memory::phys_of(first), tables::read_bits(m) | PteBits::kWrite | PteBits::kDirty | PteBits::kLarge};
}

bool may_be_large(const Mapping& m) {
    return !m.object && !m.grows_down && !has(m.flags, MapFlags::kNoHugePage | MapFlags::kDevice);
}

}  // namespace

bool AddressSpace::takes_large(MapFlags flags) const {
    return large_pages::wanted(large_pages::settings.enabled.load(std::memory_order_relaxed), flags) &&
           !large_pages_off.load(std::memory_order_relaxed);
}

bool AddressSpace::suits_large(const Mapping& m, u64 address) const {
    return large_pages::fits(address, m.start, m.end) && may_be_large(m) && has(m.prot, Prot::kWrite) &&
           takes_large(m.flags);
}

bool AddressSpace::wants_large(const MapRequest& r) const {
    return !r.object && !has(r.flags, MapFlags::kShared | MapFlags::kGrowsDown) && r.prot != Prot::kNone &&
           takes_large(r.flags);
}

bool AddressSpace::may_have_large(const MappingInfo& m) const {
    return !m.of_object && large_pages::holds_one(m.start.value, m.end.value) && takes_large(m.flags);
}

std::optional<FaultResult> AddressSpace::fault_large(Mapping& m, u64 address, PteSlot& slot, bool write) {
    Pte e = tables::settled(slot);
    if (e.empty()) {
        if (!write || !suits_large(m, address)) return std::nullopt;
        if (reaped()) [[unlikely]]
            return FaultResult::kSigbus;
        return install_large(m, slot);
    }
    if (!tables::is_large(e)) return std::nullopt;
    if (!write || !e.present() || e.writable()) return FaultResult::kOk;
    if (memory::is_sole_run(memory::frame_of(e.large_address()), kLargeOrder)) {
        // Nobody else has a page of it any more: it is ours to write.
        slot.compare_exchange(e, e.with(PteBits::kWrite | PteBits::kDirty));
        return FaultResult::kOk;
    }
    if (!tables::split(*this, slot, address)) return FaultResult::kOom;
    return std::nullopt;  // the page alone is copied
}

std::optional<FaultResult> AddressSpace::install_large(const Mapping& m, PteSlot& slot) {
    using memory::AllocFlags;
    Frame* first = memory::allocate_run(kLargeOrder, FrameKind::kAnonymous, AllocFlags::kSpare | AllocFlags::kZero);
    if (first == nullptr) return std::nullopt;
    Pte expected;
    if (!slot.compare_exchange(expected, large_entry(m, first))) {
        memory::unref_run(first, kLargeOrder);
        return std::nullopt;  // another thread was quicker
    }
    counters.anonymous.fetch_add(kLargePages, std::memory_order_relaxed);
    tables::count_large(*this, 1);
    return FaultResult::kOk;
}

// As Linux (mm/khugepaged.c, madvise_collapse): what it takes for a mapping that holds no large page, or was never
// written, is EINVAL, and so is a part without pages of its own; EAGAIN where somebody else holds a page.
Result<void> AddressSpace::collapse(Mapping& m, u64 from, u64 until) {
    if (!may_be_large(m) || large_pages_off.load(std::memory_order_relaxed) || !large_pages::holds_one(m.start, m.end))
        return Errno::kINVAL;
    Result<void> result;
    for (u64 a = align_up(from, kLargeSize); a < until && until - a >= kLargeSize; a += kLargeSize) {
        const Result<void> r = collapse_one(m, a);
        if (r.ok()) continue;
        result = r;
        if (r.error() == Errno::kNOMEM) break;
    }
    return result;
}

namespace {

// The pages below a table, before they move together.
struct Gathered {
    i64 present = 0;
    bool writable = false;
    bool held_elsewhere = false;
};

Gathered look_at(arch::PageTable& table) {
    Gathered g;
    for (const PteSlot& slot : table.slots) {
        const Pte e = slot.load();
        if (e.empty()) continue;
        if (e.writable()) g.writable = true;
        if (e.has(tables::kSpecial)) continue;
        g.present++;
        const Frame* f = memory::frame_of(e.address());
        if (f->kind != FrameKind::kAnonymous || f->refs.load(std::memory_order_acquire) != 1) g.held_elsewhere = true;
    }
    return g;
}

}  // namespace

Result<void> AddressSpace::collapse_one(Mapping& m, u64 address) {
    using memory::AllocFlags;
    PteSlot* slot = tables::find_middle(root_, address);
    const Pte old = slot != nullptr ? tables::settled(*slot) : Pte();
    if (tables::is_large(old)) return {};
    if (!old.present() || m.prot == Prot::kNone) return Errno::kINVAL;
    arch::PageTable& table = *tables::at(old.address());
    const Gathered g = look_at(table);
    if (g.held_elsewhere) return Errno::kAGAIN;
    if (!g.writable) return Errno::kINVAL;
    Frame* first = memory::allocate_run(kLargeOrder, FrameKind::kAnonymous, AllocFlags::kOptional);
    if (first == nullptr) return Errno::kNOMEM;
    // Nobody faults while the lock is held for writing; after the flush nobody writes to the pages.
    slot->store(Pte());
    flush_range(*this, address, address + kLargeSize);
    for (usize i = 0; i < arch::kEntriesPerTable; i++) {
        const Pte e = table[i].exchange(Pte());
        void* to = memory::page_address(memory::nth(first, i));
        if (e.empty() || e.has(tables::kSpecial)) {
            memory::clear_page(to);
            continue;
        }
        Frame* f = memory::frame_of(e.address());
        memory::copy_page(to, memory::page_address(f));
        memory::frame_unref(f);
    }
    memory::release_zeroed(memory::frame_of(old.address()));
    count_tables(-1);
    Pte now = large_entry(m, first);
    if (!has(m.prot, Prot::kWrite)) now = now.without(PteBits::kWrite);
    tables::put_large(*slot, now);
    counters.anonymous.fetch_add(kLargePages - g.present, std::memory_order_relaxed);
    tables::count_large(*this, 1);
    return {};
}

}  // namespace vm
