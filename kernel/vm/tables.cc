#include "vm/tables.h"

#include "arch/cpu_local.h"
#include "memory/stats.h"
#include "vm/address_space.h"
#include "vm/space_access.h"

namespace vm::tables {

using memory::Frame;
using memory::FrameKind;

PteSlot* make_slot(PhysAddr root, u64 address, i64& made, bool no_wait) {
    arch::PageTable* t = at(root);
    for (int level = arch::kPageTableLevels; level > 1; level--) {
        PteSlot& slot = (*t)[arch::table_index(address, level)];
        Pte e = slot.load();
        if (!e.present()) [[unlikely]] {
            const auto flags =
                memory::AllocFlags::kZero | (no_wait ? memory::AllocFlags::kNoWait : memory::AllocFlags::kNone);
            Result<Frame*> r = memory::allocate_frame(flags);
            if (!r.ok()) return nullptr;
            Frame* f = r.value();
            f->kind = FrameKind::kPageTable;
            const Pte fresh(memory::phys_of(f), arch::kTableBits);
            if (slot.compare_exchange(e, fresh)) {
                made++;
                e = fresh;
            } else {
                memory::frame_unref(f);  // another fault was quicker; `e` is its table
            }
        }
        t = at(e.address());
    }
    return &(*t)[arch::table_index(address, 1)];
}

// Whoever takes an entry out drops its page only after all CPUs that use the space have answered (flush_range). This one
// counts as such a CPU before it looks at the entry, and does not answer before it has its reference.
Frame* hold_page(AddressSpace& space, PteSlot& slot, Pte expected) {
    const u64 irq = arch::irq_save();
    const u32 cpu = arch::cpu_id();
    const bool loaded = SpaceAccess::enter(space, cpu);
    Frame* f = nullptr;
    if (slot.load() == expected) {
        f = memory::frame_of(expected.address());
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
    i64 anonymous = 0, file = 0, shared = 0;
    void add(const Frame& f, i64 n) {
        if (f.kind == FrameKind::kAnonymous) {
            anonymous += n;
        } else {
            file += n;
        }
    }
    void apply(SpaceCounters& c) const {
        if (anonymous != 0) c.anonymous.fetch_add(anonymous, std::memory_order_relaxed);
        if (file != 0) c.file.fetch_add(file, std::memory_order_relaxed);
    }
};
}  // namespace

void zap(AddressSpace& space, u64 start, u64 end, TlbBatch& batch, bool objects_only) {
    Tally gone;
    each_table(space.root(), start, end, [&](arch::PageTable& slots, usize first, usize last, u64 address) {
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
    });
    gone.apply(space.counters);
}

namespace {
// Detaches the table below `slot` if it is there.
void detach(PteSlot& slot, u64 address, TlbBatch& batch, i64& freed) {
    const Pte e = slot.load_relaxed();
    if (!e.present()) return;
    slot.store(Pte());
    batch.note(address);  // also drops the CPU's cached upper entries (SDM volume 3, 4.10.4.1)
    batch.release_table(memory::frame_of(e.address()));
    freed++;
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
            detach((*t)[arch::table_index(a, level)], a < start ? start : a, batch, freed);
        }
    }
    if (freed != 0) {
        space.counters.page_tables.fetch_sub(freed, std::memory_order_relaxed);
        memory::count(memory::Counter::kPageTables, -freed);
    }
}

void protect(AddressSpace& space, const Mapping& m, u64 start, u64 end, TlbBatch& batch) {
    const bool none = m.prot == Prot::kNone;
    const bool writable = has(m.prot, Prot::kWrite);
    const bool exec = has(m.prot, Prot::kExec);
    each_table(space.root(), start, end, [&](arch::PageTable& slots, usize first, usize last, u64 address) {
        for (usize i = first; i < last; i++, address += kPageSize) {
            Pte old = slots[i].load_relaxed();
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
                } else if (!m.shared() && !old.has(kSpecial)) {
                    // Our own page already: spare the fault.
                    const Frame* f = memory::frame_of(old.address());
                    if (f->kind == FrameKind::kAnonymous && f->refs.load(std::memory_order_relaxed) == 1)
                        now = now.with(PteBits::kWrite | PteBits::kDirty);
                }
                if (now == old) break;
                if (!slots[i].compare_exchange(old, now)) continue;
                // More rights need no flush: an old translation only faults once more.
                const bool fewer = (old.writable() && !now.writable()) || (old.executable() && !now.executable()) ||
                                   none || old.key() != now.key();
                if (old.present() && fewer) batch.note(address);
                break;
            }
        }
    });
}

bool copy(AddressSpace& parent, AddressSpace& child, Mapping& m, bool shared, TlbBatch& batch) {
    Tally copied;
    i64 made = 0;
    bool ok = true;
    each_table(parent.root(), m.start, m.end, [&](arch::PageTable& slots, usize first, usize last, u64 address) {
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
    });
    copied.apply(child.counters);
    if (made != 0) {
        child.counters.page_tables.fetch_add(made, std::memory_order_relaxed);
        memory::count(memory::Counter::kPageTables, made);
    }
    return ok;
}

bool move(AddressSpace& space, u64 from, u64 to, u64 length, TlbBatch& batch) {
    i64 made = 0;
    bool ok = true;
    each_table(space.root(), from, from + length, [&](arch::PageTable& slots, usize first, usize last, u64 address) {
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
    });
    if (made != 0) {
        space.counters.page_tables.fetch_add(made, std::memory_order_relaxed);
        memory::count(memory::Counter::kPageTables, made);
    }
    return ok;
}

}  // namespace vm::tables
