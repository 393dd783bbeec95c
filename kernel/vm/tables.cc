#include "vm/tables.h"

#include "arch/cpu_local.h"
#include "memory/page_run.h"
#include "memory/stats.h"
#include "sync/spin_lock.h"
#include "vm/address_space.h"
#include "vm/space_access.h"

namespace vm::tables {

using memory::Frame;
using memory::FrameKind;

namespace {
// How many entries of the table that `slot` is in point to tables: kept in its frame, so that a table that goes is
// known to have none below it, and costs no search. Faults side by side add; who takes away holds the lock for writing.
std::atomic_ref<u64> tables_below(PteSlot& slot) { return std::atomic_ref(memory::frame_of_direct(&slot)->data); }
}  // namespace

Frame* new_table(memory::AllocFlags flags) {
    Result<Frame*> r = memory::allocate_frame(flags);
    if (!r.ok()) return nullptr;
    r.value()->kind = FrameKind::kPageTable;
    r.value()->data = 0;
    return r.value();
}

void put_large(PteSlot& slot, Pte large) {
    slot.store(large);
    tables_below(slot).fetch_sub(1, std::memory_order_relaxed);
}

bool make_table(PteSlot& slot, i64& made, bool no_wait) {
    if (!slot.load_relaxed().empty()) return true;
    Frame* f =
        new_table(memory::AllocFlags::kZero | (no_wait ? memory::AllocFlags::kNoWait : memory::AllocFlags::kNone));
    if (f == nullptr) return false;
    Pte expected;
    if (slot.compare_exchange(expected, Pte(memory::phys_of(f), arch::kTableBits))) {
        tables_below(slot).fetch_add(1, std::memory_order_relaxed);
        made++;
    } else {
        memory::frame_unref(f);  // another fault was quicker
    }
    return true;
}

PteSlot* make_slot(PhysAddr root, u64 address, i64& made, bool no_wait, int lowest) {
    arch::PageTable* t = at(root);
    for (int level = arch::kPageTableLevels; level > lowest; level--) {
        PteSlot& slot = (*t)[arch::table_index(address, level)];
        if (!slot.load().present()) [[unlikely]] {
            if (!make_table(slot, made, no_wait)) return nullptr;
        }
        const Pte e = slot.load();
        DEBUG_ASSERT(!is_large(e));
        t = at(e.address());
    }
    return &(*t)[arch::table_index(address, lowest)];
}

bool split(AddressSpace& space, PteSlot& slot, u64 address, bool no_wait) {
    Pte e = settled(slot);
    if (!is_large(e)) return true;
    Frame* f = new_table(no_wait ? memory::AllocFlags::kNoWait : memory::AllocFlags::kNone);
    if (f == nullptr) return false;
    const u64 start = align_down(address, kLargeSize);
    DEBUG_ASSERT(memory::frame_of(e.large_address())->kind != FrameKind::kHuge);
    {
        // Others spin while the entry says kSplitting.
        sync::PreemptGuard guard;
        while (is_large(e) && !slot.compare_exchange(e, Pte(static_cast<u64>(kSplitting)))) e = settled(slot);
        if (!is_large(e)) {
            memory::frame_unref(f);
            return true;
        }
        // No CPU may know translations of both sizes (SDM volume 3, 4.10.2.3).
        if (e.present()) flush_range(space, start, start + kLargeSize);
        arch::PageTable& table = *at(memory::phys_of(f));
        Pte page = small_of(e, start);
        for (PteSlot& s : table.slots) {
            s.store(page);
            page.raw += kPageSize;
        }
        slot.store(Pte(memory::phys_of(f), arch::kTableBits));
        tables_below(slot).fetch_add(1, std::memory_order_relaxed);
    }
    space.counters.page_tables.fetch_add(1, std::memory_order_relaxed);
    memory::count(memory::Counter::kPageTables, 1);
    count_large(space, -1);
    return true;
}

Result<void> split_at(AddressSpace& space, u64 address) {
    if (address % kLargeSize == 0 || space.counters.large.load(std::memory_order_relaxed) == 0) return {};
    const Found found = find(space.root(), address);
    if (found.slot == nullptr || !is_large(found.entry) || split(space, *found.slot, address)) return {};
    return Errno::kNOMEM;
}

void count_large(AddressSpace& space, i64 entries) {
    if (entries == 0) return;
    space.counters.large.fetch_add(entries, std::memory_order_relaxed);
    memory::count(memory::Counter::kLarge, entries * kLargePages);
}

// Whoever takes an entry out drops its page only after all CPUs that use the space have answered (flush_range). This one
// counts as such a CPU before it looks at the entry, and does not answer before it has its reference.
Frame* hold_page(AddressSpace& space, const Found& found) {
    const u64 irq = arch::irq_save();
    const u32 cpu = arch::cpu_id();
    const bool loaded = SpaceAccess::enter(space, cpu);
    Frame* f = nullptr;
    if (found.slot->load() == found.entry) {
        f = memory::frame_of(found.page.address());
        u32 refs = f->refs.load(std::memory_order_relaxed);
        while (refs != 0 && !f->refs.compare_exchange_weak(refs, refs + 1, std::memory_order_acquire)) {}
        if (refs == 0) f = nullptr;
    }
    if (!loaded) SpaceAccess::leave(space, cpu);
    arch::irq_restore(irq);
    return f;
}

namespace {
// What leaves or enters a space, added to the counters in one go.
struct Tally {
    i64 anonymous = 0, file = 0, large = 0, huge = 0;
    void add(const Frame& f, i64 n) {
        if (f.kind == FrameKind::kAnonymous) {
            anonymous += n;
        } else {
            file += n;
        }
    }
    void add_large(const Frame& first, i64 n) {
        if (first.kind == FrameKind::kHuge) {
            huge += n;
            return;
        }
        anonymous += n * kLargePages;
        large += n;
    }
    void apply(AddressSpace& space) const {
        SpaceCounters& c = space.counters;
        if (anonymous != 0) c.anonymous.fetch_add(anonymous, std::memory_order_relaxed);
        if (file != 0) c.file.fetch_add(file, std::memory_order_relaxed);
        if (huge != 0) c.huge.fetch_add(huge, std::memory_order_relaxed);
        count_large(space, large);
    }
};

Frame* run_of(Pte large) { return memory::frame_of(large.large_address()); }
}  // namespace

void zap(AddressSpace& space, u64 start, u64 end, TlbBatch& batch, bool objects_only) {
    Tally gone;
    const auto small = [&](arch::PageTable& slots, usize first, usize last, u64 address) {
        for (usize i = first; i < last; i++, address += kPageSize) {
            Pte e = slots[i].load_relaxed();
            if (e.empty()) continue;
            if (objects_only && !e.has(kSpecial) && memory::frame_of(e.address())->kind == FrameKind::kAnonymous)
                continue;
            e = slots[i].exchange(Pte());
            if (e.empty()) continue;
            batch.note(address);
            if (e.has(kSpecial)) continue;
            Frame* f = memory::frame_of(e.address());
            gone.add(*f, -1);
            batch.release(f);
        }
    };
    each_table(space.root(), start, end, small, [&](PteSlot& slot, u64 from, u64 until) {
        DEBUG_ASSERT(until - from == kLargeSize);
        Pte e = settled(slot);
        if (objects_only && is_large(e) && (run_of(e)->kind != FrameKind::kHuge || run_of(e)->object.owner == nullptr))
            return;
        while (is_large(e) && !slot.compare_exchange(e, Pte())) e = settled(slot);
        if (!is_large(e)) return;  // the reaper and a fault that splits it: what is left goes with the space
        batch.note_large(from);
        gone.add_large(*run_of(e), -1);
        batch.release_run(run_of(e));
    });
    gone.apply(space);
}

namespace {
// Detaches the table below `slot`, which is of `level` 2 or more, if it is there; with the tables that unmapped holes in
// its span have kept.
void detach(PteSlot& slot, int level, u64 address, TlbBatch& batch, i64& freed) {
    const Pte e = slot.load_relaxed();
    if (!e.present()) return;
    DEBUG_ASSERT(!is_large(e));
    Frame* table = memory::frame_of(e.address());
    if (table->data != 0) [[unlikely]] {
        for (PteSlot& s : at(e.address())->slots) detach(s, level - 1, address, batch, freed);
        DEBUG_ASSERT(table->data == 0);
    }
    slot.store(Pte());
    tables_below(slot).fetch_sub(1, std::memory_order_relaxed);
    batch.note(address);  // also drops the CPU's cached upper entries (SDM volume 3, 4.10.4.1)
    batch.release_table(table);
    freed++;
}

void uncount(AddressSpace& space, i64 freed) {
    if (freed == 0) return;
    space.counters.page_tables.fetch_sub(freed, std::memory_order_relaxed);
    memory::count(memory::Counter::kPageTables, -freed);
}
}  // namespace

void free_tables(AddressSpace& space, u64 start, u64 end, u64 floor, u64 ceiling, TlbBatch& batch) {
    i64 freed = 0;
    // From the lowest level up: a table goes when its whole span lies in the hole [floor, ceiling).
    for (int level = 2; level <= arch::kPageTableLevels; level++) {
        const u64 span = arch::level_size(level);
        for (u64 a = align_down(start, span); a < end; a += span) {
            if (a < floor || a + span > ceiling) continue;
            arch::PageTable* t = at(space.root());
            int l = arch::kPageTableLevels;
            while (l > level) {
                const Pte e = (*t)[arch::table_index(a, l)].load_relaxed();
                if (!e.present()) break;
                t = at(e.address());
                l--;
            }
            if (l != level) {
                a = align_down(a, arch::level_size(l)) + arch::level_size(l) - span;  // nothing below here
                continue;
            }
            detach((*t)[arch::table_index(a, level)], level, a < start ? start : a, batch, freed);
        }
    }
    uncount(space, freed);
}

void free_all_tables(AddressSpace& space, TlbBatch& batch) {
    arch::PageTable& root = *at(space.root());
    if (memory::frame_of(space.root())->data == 0) return;
    i64 freed = 0;
    for (usize i = 0; i < arch::kUserTopEntries; i++) detach(root[i], arch::kPageTableLevels, 0, batch, freed);
    uncount(space, freed);
}

void protect(AddressSpace& space, const Mapping& m, u64 start, u64 end, TlbBatch& batch) {
    const bool none = m.prot == Prot::kNone;
    const bool writable = has(m.prot, Prot::kWrite);
    const bool exec = has(m.prot, Prot::kExec);
    // True: translations may be left that allow more. `own(entry)`: the page is ours alone, which spares the fault.
    const auto change = [&](PteSlot& slot, auto own) {
        Pte old = slot.load_relaxed();
        while (!old.empty()) {
            Pte now = old.without(PteBits::kNoExecute).with_key(m.key);
            if (!exec) now = now.with(PteBits::kNoExecute);
            if (none) {
                now = now.without(PteBits::kPresent).with(kHidden);
            } else {
                now = now.without(kHidden).with(PteBits::kPresent);
            }
            if (!writable) {
                now = now.without(PteBits::kWrite);
            } else if (!m.shared() && !old.has(kSpecial) && own(old)) {
                now = now.with(PteBits::kWrite | PteBits::kDirty);
            }
            if (now == old) break;
            if (!slot.compare_exchange(old, now)) continue;
            // More rights need no flush: an old translation only faults once more.
            const bool fewer = (old.writable() && !now.writable()) || (old.executable() && !now.executable()) || none ||
                               old.key() != now.key();
            return old.present() && fewer;
        }
        return false;
    };
    const auto small = [&](arch::PageTable& slots, usize first, usize last, u64 address) {
        const auto own = [](Pte e) {
            const Frame* f = memory::frame_of(e.address());
            return f->kind == FrameKind::kAnonymous && f->refs.load(std::memory_order_relaxed) == 1;
        };
        for (usize i = first; i < last; i++, address += kPageSize)
            if (change(slots[i], own)) batch.note(address);
    };
    each_table(space.root(), start, end, small, [&](PteSlot& slot, u64 from, u64) {
        if (change(slot, [](Pte e) { return memory::is_sole_run(run_of(e), kLargeOrder); })) batch.note_large(from);
    });
}

bool copy(AddressSpace& parent, AddressSpace& child, Mapping& m, bool shared, TlbBatch& batch) {
    Tally copied;
    i64 made = 0;
    bool ok = true;
    const auto small = [&](arch::PageTable& slots, usize first, usize last, u64 address) {
        if (!ok) return;
        // Both tables cover the same 2 MiB: one walk of the child's for all entries. Tables of only empty
        // entries are not copied.
        PteSlot* to = nullptr;
        for (usize i = first; i < last; i++) {
            Pte e = slots[i].load_relaxed();
            if (e.empty()) continue;
            Frame* f = nullptr;
            if (!e.has(kSpecial)) {
                f = memory::frame_of(e.address());
                // File pages come back by faults.
                if (m.object && f->kind != FrameKind::kAnonymous) continue;
            } else if (m.object) {
                continue;
            }
            if (to == nullptr) {
                PteSlot* slot = make_slot(child.root(), address, made, static_cast<bool>(m.object));
                if (slot == nullptr) {
                    ok = false;
                    break;
                }
                to = slot - first;
            }
            if (e.writable() && !shared) {
                e = slots[i].clear(PteBits::kWrite).without(PteBits::kWrite);
                batch.note(address + ((i - first) << kPageShift));
            }
            if (f != nullptr) {
                memory::frame_ref(f);
                copied.add(*f, 1);
            }
            to[i].store(e);
        }
    };
    each_table(parent.root(), m.start, m.end, small, [&](PteSlot& slot, u64 from, u64) {
        if (!ok) return;
        PteSlot* to = make_slot(child.root(), from, made, false, 2);
        if (to == nullptr) {
            ok = false;
            return;
        }
        Pte e = slot.load_relaxed();
        if (e.writable()) {
            e = slot.clear(PteBits::kWrite).without(PteBits::kWrite);
            batch.note_large(from);
        }
        memory::ref_run(run_of(e), kLargeOrder);
        copied.add_large(*run_of(e), 1);
        to->store(e);
    });
    copied.apply(child);
    if (made != 0) {
        child.counters.page_tables.fetch_add(made, std::memory_order_relaxed);
        memory::count(memory::Counter::kPageTables, made);
    }
    return ok;
}

bool move(AddressSpace& space, u64 from, u64 to, u64 length, TlbBatch& batch) {
    i64 made = 0;
    bool ok = true;
    const auto small = [&](arch::PageTable& slots, usize first, usize last, u64 address) {
        for (usize i = first; i < last && ok; i++, address += kPageSize) {
            if (slots[i].load_relaxed().empty()) continue;
            PteSlot* target = make_slot(space.root(), to + (address - from), made, true);
            if (target == nullptr) {
                ok = false;
                return;
            }
            target->store(slots[i].exchange(Pte()));
            batch.note(address);
        }
    };
    each_table(space.root(), from, from + length, small, [&](PteSlot& slot, u64 address, u64 until) {
        if (!ok) return;
        const u64 there = to + (address - from);
        PteSlot* target = there % kLargeSize == 0 ? make_slot(space.root(), there, made, true, 2) : nullptr;
        if (target != nullptr && target->load().empty()) {
            target->store(slot.exchange(Pte()));
            batch.note_large(address);
            return;
        }
        // It goes page by page, unless it never does.
        if (run_of(slot.load())->kind == FrameKind::kHuge || !split(space, slot, address, true)) {
            ok = false;
            return;
        }
        small(*at(slot.load().address()), 0, (until - address) >> kPageShift, address);
    });
    if (made != 0) {
        space.counters.page_tables.fetch_add(made, std::memory_order_relaxed);
        memory::count(memory::Counter::kPageTables, made);
    }
    return ok;
}

}  // namespace vm::tables
