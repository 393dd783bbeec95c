// mremap: growing and shrinking in place, and moving with the page-table entries.
#include "vm/address_space.h"
#include "vm/huge_object.h"
#include "vm/mapping_cache.h"
#include "vm/space_access.h"
#include "vm/tables.h"

namespace vm {

// `m` wholly to `to`, where there is room for `new_length` bytes. Gives the new mapping; `m` is gone unless `keep_old`.
Result<Mapping*> AddressSpace::move_mapping(Mapping& m, u64 to, u64 new_length, bool keep_old, TlbBatch& batch) {
    Mapping* fresh = mapping_cache.create();
    if (fresh == nullptr) return Errno::kNOMEM;
    fresh->start = to;
    fresh->end = to + new_length;
    fresh->copy_attributes(m);
    fresh->page_offset = m.object ? m.page_offset : to >> kPageShift;
    insert_mapping(*fresh);
    if (fresh->huge()) tables::free_tables(*this, to, fresh->end, to, fresh->end, batch);  // whole entries move
    bool ok;
    {
        RmapGuard rmap(m.object.get());
        ok = tables::move(*this, m.start, to, m.end - m.start, batch);
        // Back, into tables that exist: cannot fail.
        if (!ok) (void)tables::move(*this, to, m.start, m.end - m.start, batch);
    }
    if (!ok) {
        erase_mapping(*fresh);
        return Errno::kNOMEM;
    }
    if (!keep_old) {
        const u64 start = m.start, end = m.end;
        erase_mapping(m);
        free_tables_around(start, end, batch);
    }
    return &merge(*fresh);
}

// Whether like mappings of one object cover [m.start, end) without a hole.
bool AddressSpace::covers(Mapping& m, u64 end) {
    Mapping* last = &m;
    while (last->end < end) {
        Mapping* next = next_mapping(*last);
        if (next == nullptr || next->start != last->end) return false;
        if (next->file.get() != m.file.get() || next->flags != m.flags || next->prot != m.prot) return false;
        last = next;
    }
    return true;
}

Result<void> AddressSpace::remap_pages(UserAddr at, u64 length, u64 first_page, bool prefault) {
    const u64 start = align_down(at.value, u64{kPageSize});
    length = align_down(length, u64{kPageSize});
    if (start + length <= start || first_page + (length >> kPageShift) < first_page) return Errno::kINVAL;
    {
        sync::LockGuard guard(lock_);
        [[clang::uninitialized]] TlbBatch batch(*this);
        Mapping* m = find_mapping(start);
        if (m == nullptr || m->start > start || !m->may_write_object() || !covers(*m, start + length))
            return Errno::kINVAL;
        if (first_page > (~u64{0} / 2 - length) >> kPageShift) return Errno::kOVERFLOW;
        MapRequest r{.hint = UserAddr(start),
                     .length = length,
                     .prot = m->prot,
                     .max_prot = m->max_prot,
                     .flags = m->flags | MapFlags::kFixed,
                     .object = m->object,
                     .offset = first_page << kPageShift,
                     .file = m->file,
                     .name = m->name};
        TRY(map_locked(r, batch));
    }
    if (!prefault) return {};
    SharedGuard guard(lock_);
    (void)populate(start, start + length, false);  // as mmap's: what cannot be had comes by faults
    return {};
}

Result<UserAddr> AddressSpace::remap(UserAddr old_start, u64 old_length, u64 new_length, RemapFlags flags,
                                     UserAddr new_start) {
    const bool fixed = has(flags, RemapFlags::kFixed), keep = has(flags, RemapFlags::kDontUnmap);
    const bool may_move = has(flags, RemapFlags::kMayMove);
    if ((fixed || keep) && !may_move) return Errno::kINVAL;
    if (keep && old_length != new_length) return Errno::kINVAL;
    if (!old_start.page_aligned()) return Errno::kINVAL;
    old_length = align_up(old_length, u64{kPageSize});
    new_length = align_up(new_length, u64{kPageSize});
    if (new_length == 0) return Errno::kINVAL;
    const u64 start = old_start.value;
    u64 to = new_start.value;

    sync::LockGuard guard(lock_);
    [[clang::uninitialized]] TlbBatch batch(*this);
    Mapping* m = find_mapping(start);
    if (m == nullptr || m->start > start) return Errno::kFAULT;
    if (m->huge()) {
        old_length = align_up(old_length, kHugeSize);
        new_length = align_up(new_length, kHugeSize);
        if (keep || start % kHugeSize != 0 || to % kHugeSize != 0 || new_length > old_length) return Errno::kINVAL;
    }
    if (fixed || keep) {
        if (!new_start.page_aligned() || new_length > kUserLimit || to > kUserLimit - new_length) return Errno::kINVAL;
        if (start + old_length > to && to + new_length > start) return Errno::kINVAL;
    }
    if (old_length > kUserLimit - start) return new_length <= old_length ? Errno::kINVAL : Errno::kFAULT;
    if (new_length > kUserLimit) return Errno::kNOMEM;
    if (fixed) {
        // The target goes first, then what the new place is too small for; what comes after may still fail.
        TRY(unmap_locked(to, to + new_length, batch));
        if (new_length < old_length) {
            TRY(unmap_locked(start + new_length, start + old_length, batch));
            old_length = new_length;
        }
        m = first_overlap(start, start + 1);  // unmapping may have cut it
        if (m == nullptr || m->start > start) return Errno::kFAULT;
    }
    if (old_length == 0) {
        // A second mapping of shared pages.
        if (!m->shared()) return Errno::kINVAL;
        if (!may_move) return Errno::kNOMEM;
        MapRequest r{.hint = fixed || keep ? new_start : UserAddr(0),
                     .length = new_length,
                     .prot = m->prot,
                     .max_prot = m->max_prot,
                     .flags = fixed ? m->flags | MapFlags::kFixed : m->flags,
                     .object = m->object,
                     .offset = m->page_index(start) << kPageShift,
                     .file = m->file,
                     .name = m->name};
        return map_locked(r, batch);
    }
    if (!fixed && !keep && new_length <= old_length) {
        if (new_length < old_length) TRY(unmap_locked(start + new_length, start + old_length, batch));
        return old_start;
    }
    if (start + old_length > m->end) return Errno::kFAULT;
    if (new_length > old_length) {
        const u64 more = (new_length - old_length) >> kPageShift;
        TRY(check_locked(m->flags, more));
        TRY(check_limits(m->prot, m->flags, more));
    }
    if (!fixed && !keep && start + old_length == m->end) {
        const u64 end = start + new_length;
        if (end <= kUserLimit && tree_.find_gap_up(end - m->end, m->end, end) == m->end) {
            set_span(*m, m->start, end);
            merge(*m);
            return old_start;
        }
    }
    if (!may_move) return Errno::kNOMEM;
    if (!fixed) {
        MapRequest r{.hint = keep ? new_start : UserAddr(0),
                     .flags = m->flags & MapFlags::kKept & ~MapFlags::kGrowsDown};
        to = TRY(choose_address(r, new_length));
    }
    m = TRY(isolate(*m, start, start + old_length));
    TRY(move_mapping(*m, to, new_length, keep, batch));
    return UserAddr(to);
}

}  // namespace vm
