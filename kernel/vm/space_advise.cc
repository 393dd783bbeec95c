// madvise, msync, mlock, mincore and the figures for smaps.
#include "memory/frame.h"
#include "vm/address_space.h"
#include "vm/space_access.h"
#include "vm/tables.h"

namespace vm {
namespace {

struct FlagChange {
    MapFlags set = MapFlags::kNone, clear = MapFlags::kNone;
};

bool flag_change(Advice a, FlagChange& c) {
    using F = MapFlags;
    switch (a) {
        case Advice::kNormal: c = {F::kNone, F::kSequential | F::kRandom}; return true;
        case Advice::kRandom: c = {F::kRandom, F::kSequential}; return true;
        case Advice::kSequential: c = {F::kSequential, F::kRandom}; return true;
        case Advice::kDontFork: c = {F::kDontFork, F::kNone}; return true;
        case Advice::kDoFork: c = {F::kNone, F::kDontFork}; return true;
        case Advice::kWipeOnFork: c = {F::kWipeOnFork, F::kNone}; return true;
        case Advice::kKeepOnFork: c = {F::kNone, F::kWipeOnFork}; return true;
        case Advice::kMergeable: c = {F::kMergeable, F::kNone}; return true;
        case Advice::kUnmergeable: c = {F::kNone, F::kMergeable}; return true;
        case Advice::kHugePage: c = {F::kHugePage, F::kNoHugePage}; return true;
        case Advice::kNoHugePage: c = {F::kNoHugePage, F::kHugePage}; return true;
        case Advice::kDontDump: c = {F::kDontDump, F::kNone}; return true;
        case Advice::kDoDump: c = {F::kNone, F::kDontDump}; return true;
        default: return false;
    }
}

}  // namespace

Result<void> AddressSpace::advise(UserAddr start, u64 length, Advice advice) {
    if (!start.page_aligned()) return Errno::kINVAL;
    const u64 rounded = align_up(length, u64{kPageSize});
    if (rounded < length || start.value + rounded < start.value) return Errno::kINVAL;
    if (rounded == 0) return {};
    const u64 end = start.value + rounded;

    if (advice == Advice::kPopulateRead || advice == Advice::kPopulateWrite) {
        SharedGuard guard(lock_);
        return populate(start.value, end, advice == Advice::kPopulateWrite);
    }
    FlagChange change;
    const bool flags = flag_change(advice, change);
    sync::LockGuard guard(lock_);
    [[clang::uninitialized]] TlbBatch batch(*this);
    // Holes are skipped and reported at the end, as Linux does.
    bool hole = false;
    u64 at = start.value;
    for (Mapping* m = first_overlap(at, end); at < end; m = first_overlap(at, end)) {
        if (m == nullptr) return Errno::kNOMEM;
        if (m->start > at) {
            hole = true;
            at = m->start;
        }
        const u64 until = m->end < end ? m->end : end;
        if (flags) {
            if (advice == Advice::kWipeOnFork && (m->object || m->shared())) return Errno::kINVAL;
            const MapFlags wanted = (m->flags & ~change.clear) | change.set;
            if (wanted != m->flags) {
                m = TRY(isolate(*m, at, until));
                m->flags = wanted;
                merge(*m);
            }
        } else {
            switch (advice) {
                case Advice::kDontNeed:
                case Advice::kDontNeedLocked:
                    if (has(m->flags, MapFlags::kDevice) ||
                        (has(m->flags, MapFlags::kLocked) && advice == Advice::kDontNeed))
                        return Errno::kINVAL;
                    tables::zap(*this, at, until, batch);
                    break;
                case Advice::kFree:
                    if (m->object) return Errno::kINVAL;
                    tables::zap(*this, at, until, batch);
                    break;
                case Advice::kRemove:
                    if (!m->object || !m->shared() || has(m->flags, MapFlags::kLocked)) return Errno::kINVAL;
                    if (!has(m->prot, Prot::kWrite)) return Errno::kACCES;
                    m->object->drop_range(m->page_index(at) << kPageShift, m->page_index(until) << kPageShift);
                    break;
                default: break;  // kWillNeed, kCold, kPageOut, kCollapse: nothing to gain today
            }
        }
        at = until;
    }
    if (hole) return Errno::kNOMEM;
    return {};
}

Result<void> AddressSpace::sync(UserAddr start, u64 length, bool wait, bool invalidate) {
    if (!start.page_aligned()) return Errno::kINVAL;
    // A length that rounds up to nothing is nothing.
    const u64 rounded = align_up(length, u64{kPageSize});
    if (start.value + rounded < start.value) return Errno::kNOMEM;
    const u64 end = start.value + rounded;
    bool hole = false;
    u64 at = start.value;
    while (at < end) {
        OptRef<MemoryObject> object;
        u64 first = 0, until = 0;
        {
            SharedGuard guard(lock_);
            Mapping* m = static_cast<Mapping*>(tree_.find_from(at));
            if (m == nullptr || m->start >= end) return Errno::kNOMEM;
            if (m->start > at) {
                hole = true;
                at = m->start;
            }
            if (invalidate && has(m->flags, MapFlags::kLocked)) return Errno::kBUSY;
            until = m->end < end ? m->end : end;
            if (wait && m->shared() && m->object) {
                object = m->object;
                first = m->page_index(at) << kPageShift;
            }
        }
        if (object) TRY(object->write_back(first, first + (until - at)));
        at = until;
    }
    if (hole) return Errno::kNOMEM;
    return {};
}

Result<void> AddressSpace::lock_pages(UserAddr start, u64 length, bool on_fault, bool privileged) {
    const u64 first = start.page_down().value;
    const u64 end = align_up(start.value + length, u64{kPageSize});
    if (end < start.value) return Errno::kINVAL;
    if (end == first) return {};
    {
        sync::LockGuard guard(lock_);
        const u64 most = privileged ? ~u64{0} : limits.locked.load(std::memory_order_relaxed);
        if (most == 0) return Errno::kPERM;
        if (most != ~u64{0} && (counters.locked.load(std::memory_order_relaxed) << kPageShift) + (end - first) > most)
            return Errno::kNOMEM;
        u64 at = first;
        while (at < end) {
            Mapping* m = first_overlap(at, end);
            if (m == nullptr || m->start > at) return Errno::kNOMEM;
            const u64 until = m->end < end ? m->end : end;
            if (!has(m->flags, MapFlags::kLocked)) {
                m = TRY(isolate(*m, at, until));
                m->flags = m->flags | MapFlags::kLocked;
                counters.locked.fetch_add(m->pages(), std::memory_order_relaxed);
                merge(*m);
            }
            at = until;
        }
    }
    if (on_fault) return {};
    SharedGuard guard(lock_);
    for (u64 at = first; at < end;) {
        Mapping* m = find_mapping(at);
        if (m == nullptr || m->start > at) return Errno::kNOMEM;
        const u64 until = m->end < end ? m->end : end;
        if (m->prot != Prot::kNone && !has(m->flags, MapFlags::kDevice)) {
            Result<void> r = populate(at, until, !m->shared());
            if (!r.ok()) return Errno::kNOMEM;
        }
        at = until;
    }
    return {};
}

Result<void> AddressSpace::unlock_pages(UserAddr start, u64 length) {
    const u64 first = start.page_down().value;
    const u64 end = align_up(start.value + length, u64{kPageSize});
    if (end < start.value) return Errno::kINVAL;
    sync::LockGuard guard(lock_);
    u64 at = first;
    while (at < end) {
        Mapping* m = first_overlap(at, end);
        if (m == nullptr || m->start > at) return Errno::kNOMEM;
        const u64 until = m->end < end ? m->end : end;
        if (has(m->flags, MapFlags::kLocked)) {
            m = TRY(isolate(*m, at, until));
            m->flags = m->flags & ~MapFlags::kLocked;
            counters.locked.fetch_sub(m->pages(), std::memory_order_relaxed);
            merge(*m);
        }
        at = until;
    }
    return {};
}

Result<void> AddressSpace::lock_all(bool current, bool future, bool on_fault, bool privileged) {
    sync::LockGuard guard(lock_);
    const u64 most = privileged ? ~u64{0} : limits.locked.load(std::memory_order_relaxed);
    if (most == 0) return Errno::kPERM;
    if (current && most != ~u64{0} && counters.total.load(std::memory_order_relaxed) << kPageShift > most)
        return Errno::kNOMEM;
    future_flags_ = future ? MapFlags::kLocked : MapFlags::kNone;
    if (!current) return {};
    for (Mapping* m = static_cast<Mapping*>(tree_.first()); m != nullptr; m = next_mapping(*m)) {
        if (has(m->flags, MapFlags::kLocked)) continue;
        m->flags = m->flags | MapFlags::kLocked;
        counters.locked.fetch_add(m->pages(), std::memory_order_relaxed);
        if (!on_fault && m->prot != Prot::kNone && !has(m->flags, MapFlags::kDevice))
            (void)populate(m->start, m->end, !m->shared());
    }
    return {};
}

Result<void> AddressSpace::unlock_all() {
    sync::LockGuard guard(lock_);
    future_flags_ = MapFlags::kNone;
    for (Mapping* m = static_cast<Mapping*>(tree_.first()); m != nullptr; m = next_mapping(*m))
        m->flags = m->flags & ~MapFlags::kLocked;
    counters.locked.store(0, std::memory_order_relaxed);
    return {};
}

Result<void> AddressSpace::resident(UserAddr start, std::span<u8> pages) {
    SharedGuard guard(lock_);
    u64 at = start.value;
    for (u8& out : pages) {
        Mapping* m = find_mapping(at);
        if (m == nullptr || m->start > at) return Errno::kNOMEM;
        arch::PteSlot* slot = tables::find_slot(root_, at);
        out = slot != nullptr && !slot->load().empty();
        if (out == 0 && m->object) out = static_cast<bool>(m->object->find_page(m->page_index(at)));
        at += kPageSize;
    }
    return {};
}

AddressSpace::Residency AddressSpace::residency(UserAddr start, UserAddr end) {
    SharedGuard guard(lock_);
    Residency r{};
    tables::each_table(root_, start.value, end.value, [&](arch::PageTable& slots, usize first, usize last, u64) {
        for (usize i = first; i < last; i++) {
            const arch::Pte e = slots[i].load_relaxed();
            if (e.empty() || e.has(tables::kSpecial)) continue;
            const memory::Frame* f = memory::frame_of(e.address());
            const bool anonymous = f->kind == memory::FrameKind::kAnonymous;
            const u32 refs = f->refs.load(std::memory_order_relaxed);
            const bool alone = refs <= (anonymous ? 1u : 2u);  // the page cache holds one
            r.resident++;
            if (anonymous) r.anonymous++;
            u64& bucket =
                alone ? (e.dirty() ? r.private_dirty : r.private_clean) : (e.dirty() ? r.shared_dirty : r.shared_clean);
            bucket++;
        }
    });
    return r;
}

}  // namespace vm
