// madvise, msync, mlock.
#include "vm/address_space.h"
#include "vm/huge_object.h"
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

// Whether Linux takes the advice for such a mapping (mm/madvise.c); EINVAL if not.
bool suits(const Mapping& m, Advice advice) {
    const bool device = has(m.flags, MapFlags::kDevice), locked = has(m.flags, MapFlags::kLocked);
    if (m.huge() && (advice == Advice::kFree || advice == Advice::kCold || advice == Advice::kPageOut)) return false;
    switch (advice) {
        case Advice::kWipeOnFork: return !m.object && !m.shared();
        case Advice::kDoFork:
        case Advice::kDoDump:
        case Advice::kDontNeedLocked: return !device;
        case Advice::kDontNeed:
        case Advice::kCold:
        case Advice::kPageOut: return !device && !locked;
        case Advice::kFree: return !device && !locked && !m.object;
        case Advice::kRemove: return m.object && !locked;
        default: return true;
    }
}

bool may_populate(const Mapping& m, bool write) {
    return m.prot != Prot::kNone && (!write || has(m.prot, Prot::kWrite)) && !has(m.flags, MapFlags::kDevice);
}

}  // namespace

Result<void> AddressSpace::advise(UserAddr start, u64 length, Advice advice) {
    if (!start.page_aligned()) return Errno::kINVAL;
    const u64 rounded = align_up(length, u64{kPageSize});
    if (rounded < length || start.value + rounded < start.value) return Errno::kINVAL;
    if (rounded == 0) return {};
    const u64 end = start.value + rounded;

    if (advice == Advice::kPopulateRead || advice == Advice::kPopulateWrite) {
        const bool write = advice == Advice::kPopulateWrite;
        SharedGuard guard(lock_);
        // ENOMEM is a hole, EFAULT what would be a SIGBUS.
        for (u64 at = start.value; at < end;) {
            Mapping* m = find_mapping(at);
            if (m == nullptr || m->start > at) return Errno::kNOMEM;
            if (!may_populate(*m, write)) return Errno::kINVAL;
            const u64 until = m->end < end ? m->end : end;
            TRY(populate(at, until, write));
            at = until;
        }
        return {};
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
        if (!suits(*m, advice)) return Errno::kINVAL;
        if (flags && !(m->huge() && (advice == Advice::kMergeable || advice == Advice::kUnmergeable))) {
            const MapFlags wanted = (m->flags & ~change.clear) | change.set;
            if (wanted != m->flags) {
                m = TRY(isolate(*m, at, until));
                m->flags = wanted;
                merge(*m);
            }
        } else if (m->huge()) {
            TRY(advise_huge(*m, at, until, advice, batch));
        } else {
            switch (advice) {
                case Advice::kDontNeed:
                case Advice::kDontNeedLocked:
                case Advice::kFree:
                    TRY(tables::split_at(*this, at));
                    TRY(tables::split_at(*this, until));
                    tables::zap(*this, at, until, batch);
                    break;
                case Advice::kCollapse: TRY(collapse(*m, at, until)); break;
                case Advice::kRemove:
                    if (!m->shared() || !has(m->prot, Prot::kWrite)) return Errno::kACCES;
                    m->object->drop_range(m->page_index(at) << kPageShift, m->page_index(until) << kPageShift);
                    break;
                default: break;  // kWillNeed, kCold, kPageOut: nothing to gain without swap
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

u64 AddressSpace::locked_in(u64 start, u64 end) {
    u64 pages = 0;
    for (Mapping* m = first_overlap(start, end); m != nullptr && m->start < end; m = next_mapping(*m)) {
        if (!has(m->flags, MapFlags::kLocked)) continue;
        const u64 from = m->start < start ? start : m->start, to = m->end < end ? m->end : end;
        pages += (to - from) >> kPageShift;
    }
    return pages;
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
        if (most != ~u64{0} &&
            ((counters.locked.load(std::memory_order_relaxed) - locked_in(first, end)) << kPageShift) + (end - first) >
                most)
            return Errno::kNOMEM;
        u64 at = first;
        while (at < end) {
            Mapping* m = first_overlap(at, end);
            if (m == nullptr || m->start > at) return Errno::kNOMEM;
            const u64 until = m->end < end ? m->end : end;
            if (!has(m->flags, MapFlags::kLocked) && !m->huge()) {
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
        if (!m->huge()) {
            m->flags = m->flags | MapFlags::kLocked;
            counters.locked.fetch_add(m->pages(), std::memory_order_relaxed);
        }
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

}  // namespace vm
