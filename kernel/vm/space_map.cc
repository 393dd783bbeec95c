// Layout changes: map, unmap, protect, brk; splitting and joining of mappings.
#include "memory/page_allocator.h"
#include "memory/stats.h"
#include "vm/address_space.h"
#include "vm/commit.h"
#include "vm/huge_object.h"
#include "vm/map_settings.h"
#include "vm/mapping_cache.h"
#include "vm/space_access.h"
#include "vm/tables.h"

namespace vm {

constinit MapSettings map_settings;

namespace {

u64 least_address() { return align_up(map_settings.least_address.load(std::memory_order_relaxed), u64{kPageSize}); }

bool like(const Mapping& m, Prot prot, Prot max_prot, MapFlags flags, MappingName name, const MemoryObject* object,
          void* file) {
    return m.prot == prot && m.max_prot == max_prot && m.flags == (flags & MapFlags::kKept) && m.name == name &&
           m.object.get() == object && m.file.get() == file && !m.grows_down && !m.huge();
}

bool joinable(const Mapping& a, const Mapping& b) {
    return a.end == b.start && !b.grows_down && a.policy == b.policy && a.key == b.key &&
           like(a, b.prot, b.max_prot, b.flags, b.name, b.object.get(), b.file.get()) &&
           (!a.object || a.page_offset + a.pages() == b.page_offset);
}

// Private memory that may be written is promised when it is mapped (Linux: accountable_mapping).
bool promises(Prot prot, MapFlags flags) {
    return has(prot, Prot::kWrite) && !has(flags, MapFlags::kShared | MapFlags::kNoReserve | MapFlags::kHugeTlb);
}

}  // namespace

bool AddressSpace::has_room_for_mapping() const {
    return tree_.size() < map_settings.most_mappings.load(std::memory_order_relaxed);
}

void AddressSpace::insert_mapping(Mapping& m) {
    m.space = this;
    {
        RmapGuard rmap(m.object.get());
        rmap.add(m);
    }
    tree_.insert(m);
    account(m, static_cast<i64>(m.pages()));
}

void AddressSpace::erase_mapping(Mapping& m) {
    if (last_found_.load(std::memory_order_relaxed) == &m) last_found_.store(nullptr, std::memory_order_relaxed);
    account(m, -static_cast<i64>(m.pages()));
    tree_.remove(m);
    if (m.object) {
        RmapGuard rmap(m.object.get());
        m.object_node.unlink();
    }
    mapping_cache.destroy(&m);
}

void AddressSpace::set_span(Mapping& m, u64 start, u64 end) {
    account(m, (static_cast<i64>(end - start) - static_cast<i64>(m.end - m.start)) >> kPageShift);
    RmapGuard rmap(m.object.get());
    m.page_offset += static_cast<u64>(static_cast<i64>(start - m.start) >> kPageShift);
    m.start = start;
    m.end = end;
    tree_.changed(m);
}

Result<Mapping*> AddressSpace::split(Mapping& m, u64 at) {
    if (!has_room_for_mapping()) return Errno::kNOMEM;
    TRY(may_cut(at));
    TRY(tables::split_at(*this, at));
    Mapping* upper = mapping_cache.create();
    if (upper == nullptr) return Errno::kNOMEM;
    upper->start = at;
    upper->end = m.end;
    upper->copy_attributes(m);
    upper->page_offset = m.page_index(at);
    upper->space = this;
    // Only the lowest part of a stack grows: `grows_down` stays with `m`, and so does the guard gap.
    const i64 pages = static_cast<i64>(upper->pages());
    account(m, -pages);
    {
        RmapGuard rmap(m.object.get());
        m.end = at;
        rmap.add(*upper);
        tree_.changed(m);
    }
    tree_.insert(*upper);
    account(*upper, pages);
    return upper;
}

Mapping& AddressSpace::merge(Mapping& m) {
    Mapping* keep = &m;
    for (int side = 0; side < 2; side++) {
        Mapping* a = side == 0 ? static_cast<Mapping*>(MappingTree::prev(*keep)) : keep;
        Mapping* b = side == 0 ? keep : next_mapping(*keep);
        if (a == nullptr || b == nullptr || !joinable(*a, *b)) continue;
        const u64 end = b->end;
        a->has_private_pages |= b->has_private_pages;
        erase_mapping(*b);
        set_span(*a, a->start, end);
        keep = a;
    }
    return *keep;
}

Result<Mapping*> AddressSpace::isolate(Mapping& m, u64 start, u64 end) {
    Mapping* part = &m;
    if (start > m.start) part = TRY(split(m, start));
    if (end < part->end) TRY(split(*part, end));
    return part;
}

Result<void> AddressSpace::check_locked(MapFlags flags, u64 pages) {
    if (!has(flags, MapFlags::kLocked) || limits.locks_freely.load(std::memory_order_relaxed)) return {};
    const u64 most = limits.locked.load(std::memory_order_relaxed) >> kPageShift;
    if (counters.locked.load(std::memory_order_relaxed) + pages > most) return Errno::kAGAIN;
    return {};
}

Result<void> AddressSpace::check_commit(u64 pages) {
    return commit::check({.pages = pages,
                          .space_pages = counters.total.load(std::memory_order_relaxed),
                          .administrator = limits.administrator.load(std::memory_order_relaxed)});
}

Result<void> AddressSpace::check_limits(Prot prot, MapFlags flags, u64 pages) {
    const u64 bytes = pages << kPageShift;
    const auto over = [&](u64 used, const std::atomic<u64>& limit) {
        const u64 most = limit.load(std::memory_order_relaxed);
        return most != ~u64{0} && ((used << kPageShift) + bytes > most);
    };
    if (over(counters.total.load(std::memory_order_relaxed), limits.address_space)) return Errno::kNOMEM;
    if (has(flags, MapFlags::kShared) || !has(prot, Prot::kWrite)) return {};
    if (!has(flags, MapFlags::kGrowsDown) && over(counters.data.load(std::memory_order_relaxed), limits.data))
        return Errno::kNOMEM;
    if (!has(flags, MapFlags::kAccounted)) return {};
    return check_commit(pages);
}

Result<void> AddressSpace::apply_write_seal(MapRequest& r) {
    if (!r.object || !has(r.flags, MapFlags::kShared) || !has(r.max_prot, Prot::kWrite)) return {};
    switch (r.object->write_seal()) {
        case WriteSeal::kNone: return {};
        case WriteSeal::kFuture:
            if (has(r.prot, Prot::kWrite)) return Errno::kPERM;
            r.max_prot = r.max_prot & Prot::kReadExec;
            return {};
        case WriteSeal::kAll: return Errno::kPERM;
    }
}

Result<u64> AddressSpace::choose_address(const MapRequest& r, u64 length) {
    const bool huge = takes_huge(r);
    const u64 alignment = huge ? kHugeSize : kPageSize;
    if (huge && length % kHugeSize != 0) return Errno::kINVAL;
    if (has(r.flags, MapFlags::kFixed) || has(r.flags, MapFlags::kNoReplace)) {
        const u64 start = r.hint.value;
        if (start % alignment != 0) return Errno::kINVAL;
        if (start > kUserLimit - length) return Errno::kNOMEM;
        if (start < least_address() && !limits.low_addresses.load(std::memory_order_relaxed)) return Errno::kPERM;
        if (has(r.flags, MapFlags::kNoReplace) && tree_.find_overlap(start, start + length) != nullptr)
            return Errno::kEXIST;
        return start;
    }
    if (has(r.flags, MapFlags::k32Bit)) {
        // A hint counts if it is low enough, even below the first gigabyte (Linux 6.1: arch_get_unmapped_area).
        const u64 hint = std::max(r.hint.page_up().value, align_up(least_address(), alignment));
        if (!r.hint.is_null() && hint % alignment == 0 && length <= 0x8000'0000 && hint <= 0x8000'0000 - length &&
            tree_.find_gap_up(length, hint, hint + length) == hint)
            return hint;
        const u64 found = tree_.find_gap_up(length, 0x4000'0000, 0x8000'0000, alignment);
        if (found == 0) return Errno::kNOMEM;
        return found;
    }
    if (!r.hint.is_null()) {
        u64 start = huge ? align_down(r.hint.value, kHugeSize) : r.hint.page_up().value;
        if (start < least_address()) start = align_up(least_address(), alignment);
        if (start <= kUserLimit - length && tree_.find_gap_up(length, start, start + length) == start) return start;
    }
    u64 found = 0;
    // Whole large pages start at one (Linux: since 6.7).
    if (length % tables::kLargeSize == 0 && wants_large(r))
        found = tree_.find_gap_down(length, least_address(), layout_.mmap_base, tables::kLargeSize);
    if (found == 0) found = tree_.find_gap_down(length, least_address(), layout_.mmap_base, alignment);
    if (found == 0) found = tree_.find_gap_up(length, kUserLimit / 3, kUserLimit, alignment);
    if (found == 0) return Errno::kNOMEM;
    return found;
}

bool AddressSpace::try_extend(const MapRequest& r, u64 start, u64 end) {
    if (has(r.flags, MapFlags::kGrowsDown)) return false;
    Mapping* at = static_cast<Mapping*>(tree_.find_from(start - 1));
    if (at == nullptr) return false;
    const u64 offset = r.offset >> kPageShift;
    const auto fits = [&](const Mapping& m) {
        return like(m, r.prot, r.max_prot, r.flags, r.name, r.object.get(), r.file.get()) && m.policy == NodePolicy() &&
               m.key == r.key;
    };
    Mapping* next = at;
    if (at->end == start) {
        if (fits(*at) && (!r.object || at->page_offset + at->pages() == offset)) {
            set_span(*at, at->start, end);
            next = next_mapping(*at);
            if (next != nullptr && joinable(*at, *next)) merge(*at);
            return true;
        }
        next = next_mapping(*at);
    }
    if (next == nullptr || next->start != end || !fits(*next)) return false;
    if (r.object && offset + ((end - start) >> kPageShift) != next->page_offset) return false;
    set_span(*next, start, next->end);
    return true;
}

Result<UserAddr> AddressSpace::map_locked(MapRequest& r, TlbBatch& batch) {
    const u64 length = align_up(r.length, u64{kPageSize});
    if (r.length == 0) return Errno::kINVAL;
    if (length == 0 || length > kUserLimit) return Errno::kNOMEM;
    const u64 pages = length >> kPageShift;
    if (!has_room_for_mapping()) return Errno::kNOMEM;
    const u64 start = TRY(choose_address(r, length));
    const u64 end = start + length;
    const bool huge = takes_huge(r);
    if (huge) r.flags = r.flags | MapFlags::kHugeTlb;
    if (huge && r.offset % kHugeSize != 0) return Errno::kINVAL;
    if (commit::mode() == commit::Mode::kNever && !huge) r.flags = r.flags & ~MapFlags::kNoReserve;
    if (promises(r.prot, r.flags)) r.flags = r.flags | MapFlags::kAccounted;
    TRY(check_limits(r.prot, r.flags, pages));
    TRY(apply_write_seal(r));
    r.flags = r.flags | future_flags_;
    r.key = r.prot == Prot::kExec ? execute_only_key() : 0;
    TRY(check_locked(r.flags, pages));
    if (has(r.flags, MapFlags::kShared) && !r.object) {
        const bool later = has(r.flags, MapFlags::kNoReserve);
        r.object =
            Ref<MemoryObject>(TRY(later ? AnonymousObject::create(length) : AnonymousObject::create_committed(length)));
        r.offset = 0;
    }
    Mapping* m = nullptr;
    if (has(r.flags, MapFlags::kFixed) && !has(r.flags, MapFlags::kNoReplace)) {
        // What is there goes when nothing can fail any more.
        m = mapping_cache.create();
        if (m == nullptr) return Errno::kNOMEM;
        const Result<void> unmapped = unmap_locked(start, end, batch);
        if (!unmapped.ok()) {
            mapping_cache.destroy(m);
            return Errno::kNOMEM;  // also where it would cut a huge page (Linux: mmap_region)
        }
    }
    OptRef<HugePromise> promise;
    if (huge) {
        batch.flush();  // pages of what was there are in the pool again
        const Result<void> promised = promise_huge(r, promise);
        if (!promised.ok()) {
            if (m != nullptr) mapping_cache.destroy(m);
            return promised.error();
        }
        tables::free_tables(*this, start, end, start, end, batch);  // a huge page goes where one may be
    }
    if (!huge && try_extend(r, start, end)) {
        if (m != nullptr) mapping_cache.destroy(m);
        return UserAddr(start);
    }
    if (m == nullptr) m = mapping_cache.create();
    if (m == nullptr) {
        if (promise) memory::huge_pool::unpromise(length / kHugeSize);
        return Errno::kNOMEM;
    }
    m->start = start;
    m->end = end;
    m->grows_down = has(r.flags, MapFlags::kGrowsDown);
    m->prot = r.prot;
    m->max_prot = r.max_prot;
    m->name = r.name;
    m->key = r.key;
    m->flags = r.flags & MapFlags::kKept;
    m->page_offset = r.object ? r.offset >> kPageShift : start >> kPageShift;
    m->object = std::move(r.object);
    m->file = std::move(r.file);
    m->promise = std::move(promise);
    if (huge) {
        m->flags = m->flags & ~MapFlags::kLocked;  // never swapped out
        if (has(r.prot, Prot::kWrite)) m->object->grow((m->page_offset + pages) << kPageShift);
    }
    if (m->object && m->object->kind() == MemoryObject::Kind::kDevice) m->flags = m->flags | MapFlags::kDevice;
    insert_mapping(*m);
    // A seal that came meanwhile did not find this mapping in the object's list.
    if (m->object && m->may_write_object() && m->object->write_seal() == WriteSeal::kAll) [[unlikely]] {
        unpromise_huge(*m, start, end);
        erase_mapping(*m);
        return Errno::kPERM;
    }
    return UserAddr(start);
}

Result<void> AddressSpace::check_place(const MapRequest& r) {
    const u64 length = align_up(r.length, u64{kPageSize});
    if (length == 0 || length > kUserLimit) return Errno::kNOMEM;
    SharedGuard guard(lock_);
    TRY(choose_address(r, length));
    return {};
}

Result<UserAddr> AddressSpace::map(MapRequest r) {
    UserAddr at;
    {
        sync::LockGuard guard(lock_);
        [[clang::uninitialized]] TlbBatch batch(*this);
        at = TRY(map_locked(r, batch));
    }
    if (has(r.flags, MapFlags::kPopulate) || (has(r.flags, MapFlags::kLocked) && r.prot != Prot::kNone)) {
        SharedGuard guard(lock_);
        // Pages that cannot be had now come by faults, or not at all: mmap itself has succeeded.
        (void)populate(at.value, at.value + align_up(r.length, u64{kPageSize}),
                       has(r.prot, Prot::kWrite) && !has(r.flags, MapFlags::kShared));
    }
    return at;
}

void AddressSpace::free_tables_around(u64 start, u64 end, TlbBatch& batch) {
    // Small holes keep their tables: the next mapping there wants them. What a space may keep so is bounded.
    if (end - start < arch::level_size(2) && counters.page_tables.load(std::memory_order_relaxed) < 64) return;
    MappingNode* next = tree_.find_from(start);
    const MappingNode* prev = next != nullptr ? MappingTree::prev(*next) : tree_.last();
    tables::free_tables(*this, start, end, prev != nullptr ? prev->end : 0,
                        next != nullptr ? next->start : u64{1} << 47, batch);
}

Result<void> AddressSpace::unmap_locked(u64 start, u64 end, TlbBatch& batch) {
    Mapping* m = first_overlap(start, end);
    if (m == nullptr) return {};
    // The only steps that can fail come first.
    TRY(may_cut(start));
    TRY(may_cut(end));
    TRY(tables::split_at(*this, start));
    TRY(tables::split_at(*this, end));
    if (m->start < start && m->end > end) {
        TRY(split(*m, end));
        unpromise_huge(*m, start, end);
        set_span(*m, m->start, start);
    } else {
        while (m != nullptr && m->start < end) {
            Mapping* next = next_mapping(*m);
            unpromise_huge(*m, m->start < start ? start : m->start, m->end > end ? end : m->end);
            if (m->start < start) {
                set_span(*m, m->start, start);
            } else if (m->end > end) {
                set_span(*m, end, m->end);
            } else {
                erase_mapping(*m);
            }
            m = next;
        }
    }
    tables::zap(*this, start, end, batch);
    free_tables_around(start, end, batch);
    return {};
}

Result<void> AddressSpace::unmap(UserAddr start, u64 length) {
    length = align_up(length, u64{kPageSize});
    if (!start.page_aligned() || length == 0 || length > kUserLimit || start.value > kUserLimit - length)
        return Errno::kINVAL;
    sync::LockGuard guard(lock_);
    [[clang::uninitialized]] TlbBatch batch(*this);
    return unmap_locked(start.value, start.value + length, batch);
}

Result<void> AddressSpace::protect(UserAddr start, u64 length, Prot prot, Grows grows, i32 key) {
    if (!start.page_aligned()) return Errno::kINVAL;
    length = align_up(length, u64{kPageSize});
    if (length == 0) return {};
    if (start.value >= kUserLimit) return Errno::kNOMEM;
    const u64 room = kUserLimit - start.value;
    if (length > room) length = room + kPageSize;  // what is there changes before the hole is found
    sync::LockGuard guard(lock_);
    [[clang::uninitialized]] TlbBatch batch(*this);
    if (key != kSameKey && !key_allocated(key)) return Errno::kINVAL;
    u64 at = start.value;
    const u64 end = start.value + length;
    Mapping* m = first_overlap(at, end);
    if (m == nullptr) return Errno::kNOMEM;
    if (grows == Grows::kDown) {
        if (!m->grows_down) return Errno::kINVAL;
        at = m->start;
    }
    if (m->start > at) return Errno::kNOMEM;
    if (grows == Grows::kUp) return Errno::kINVAL;  // no such mappings on x86
    while (at < end) {
        if (m == nullptr || m->start > at) return Errno::kNOMEM;
        if ((prot & m->max_prot) != prot) return Errno::kACCES;
        const u64 until = m->end < end ? m->end : end;
        const u8 new_key = key_after(*m, prot, key);
        if (m->prot != prot || m->key != new_key) {
            // What becomes writable is promised then, and stays so (Linux: mprotect_fixup).
            MapFlags flags = m->flags;
            if (promises(prot, flags) && !has(m->prot, Prot::kWrite) && !has(flags, MapFlags::kAccounted)) {
                TRY(check_commit((until - at) >> kPageShift));
                flags = flags | MapFlags::kAccounted;
            }
            Mapping* before = static_cast<Mapping*>(MappingTree::prev(*m));
            // The usual case of a growing heap: the boundary to the mapping below moves up, nothing is allocated.
            if (at == m->start && until < m->end && before != nullptr && before->end == at && !m->grows_down &&
                before->policy == m->policy && before->key == new_key &&
                like(*before, prot, m->max_prot, flags, m->name, m->object.get(), m->file.get()) &&
                (!m->object || before->page_offset + before->pages() == m->page_offset)) {
                TRY(tables::split_at(*this, until));
                before->has_private_pages |= m->has_private_pages;
                set_span(*m, until, m->end);
                set_span(*before, before->start, until);
                m = before;
            } else {
                m = TRY(isolate(*m, at, until));
                account(*m, -static_cast<i64>(m->pages()));
                m->prot = prot;
                m->flags = flags;
                m->key = new_key;
                account(*m, static_cast<i64>(m->pages()));
                m = &merge(*m);
            }
            tables::protect(*this, *m, at, until, batch);
        }
        at = until;
        if (m->end <= at) m = next_mapping(*m);
    }
    return {};
}

UserAddr AddressSpace::brk(UserAddr wanted) {
    sync::LockGuard guard(lock_);
    if (wanted.value < start_brk || wanted.value > kUserLimit) return UserAddr(brk_end);
    const u64 old_end = align_up(brk_end, u64{kPageSize}), new_end = align_up(wanted.value, u64{kPageSize});
    [[clang::uninitialized]] TlbBatch batch(*this);
    if (new_end < old_end) {
        if (!unmap_locked(new_end, old_end, batch).ok()) return UserAddr(brk_end);
    } else if (new_end > old_end) {
        const u64 most = limits.data.load(std::memory_order_relaxed);
        if (most != ~u64{0} && wanted.value - start_brk + (end_data - start_data) > most) return UserAddr(brk_end);
        if (tree_.find_gap_up(new_end - old_end, old_end, new_end) != old_end) return UserAddr(brk_end);
        MapRequest r{.hint = UserAddr(old_end),
                     .length = new_end - old_end,
                     .prot = Prot::kReadWrite,
                     .flags = MapFlags::kNoReplace,
                     .name = MappingName::kHeap};
        if (!map_locked(r, batch).ok()) return UserAddr(brk_end);
    }
    brk_end = wanted.value;
    return wanted;
}

}  // namespace vm
