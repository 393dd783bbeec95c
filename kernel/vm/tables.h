// User page tables: finding and making slots, walking ranges, and what the entries' software bits mean.
// Callers: vm alone.
// Locks, context: the space's lock; entries change by atomic operations, since faults run side by side.
#pragma once

#include "arch/page_table.h"
#include "memory/frame.h"
#include "vm/mapping.h"
#include "vm/tlb.h"

namespace vm::tables {

using arch::Pte;
using arch::PteBits;
using arch::PteSlot;

// The page behind the entry has no counted reference: the zero page, device memory.
inline constexpr PteBits kSpecial = PteBits::kSoft0;
// Not present because the mapping allows nothing now (PROT_NONE): address and other bits are kept.
inline constexpr PteBits kHidden = PteBits::kSoft2;

inline arch::PageTable* at(PhysAddr p) { return static_cast<arch::PageTable*>(memory::direct_map(p)); }

// Bits of a fresh entry of `m`, read-only.
inline PteBits read_bits(const Mapping& m) {
    PteBits b = PteBits::kPresent | PteBits::kUser | PteBits::kAccessed;
    if (!has(m.prot, Prot::kExec)) b |= PteBits::kNoExecute;
    return b | static_cast<PteBits>(u64{m.key} << arch::kKeyShift);
}

// The level-1 slot for `address`, with tables made as needed; null without memory. `made` counts new tables.
[[nodiscard]] PteSlot* make_slot(PhysAddr root, u64 address, i64& made, bool no_wait = false);
// The slot, or null when a table on the way is missing.
inline PteSlot* find_slot(PhysAddr root, u64 address) {
    arch::PageTable* t = at(root);
    for (int level = arch::kPageTableLevels; level > 1; level--) {
        const Pte e = (*t)[arch::table_index(address, level)].load_relaxed();
        if (!e.present()) return nullptr;
        t = at(e.address());
    }
    return &(*t)[arch::table_index(address, 1)];
}

// A reference on the page of `expected`, or null when the slot holds something else by now or the page is not counted.
// Others may take the entry out at the same time.
[[nodiscard]] memory::Frame* hold_page(AddressSpace& space, PteSlot& slot, Pte expected);

// fn(PageTable& slots, usize first, usize last, u64 address_of_first) for each existing level-1 table in
// [start, end).
template <typename Fn>
void each_table(PhysAddr root, u64 start, u64 end, Fn fn) {
    u64 a = start;
    while (a < end) {
        arch::PageTable* t = at(root);
        int level = arch::kPageTableLevels;
        bool missing = false;
        for (; level > 1; level--) {
            const Pte e = (*t)[arch::table_index(a, level)].load_relaxed();
            if (!e.present()) {
                missing = true;
                break;
            }
            t = at(e.address());
        }
        if (missing) {
            a = align_down(a, arch::level_size(level)) + arch::level_size(level);
            continue;
        }
        // `t` is a level-1 table: use its neighbours in the same level-2 table without walking from the root
        // again.
        const usize first = arch::table_index(a, 1);
        const u64 stop = align_down(a, arch::level_size(2)) + arch::level_size(2);
        const u64 until = end < stop ? end : stop;
        fn(*t, first, first + ((until - a) >> kPageShift), a);
        a = until;
    }
}

// Takes all pages of [start, end) out. Counters go down. `objects_only`: private copies stay.
void zap(AddressSpace& space, u64 start, u64 end, TlbBatch& batch, bool objects_only = false);
// Frees tables that map nothing in [floor, ceiling) but [start, end), which is empty.
void free_tables(AddressSpace& space, u64 start, u64 end, u64 floor, u64 ceiling, TlbBatch& batch);
// New rights for the pages of [start, end), which lie in `m`.
void protect(AddressSpace& space, const Mapping& m, u64 start, u64 end, TlbBatch& batch);
// Shares the private pages of `m` with `child` read-only. False without memory. `batch` is of the parent.
[[nodiscard]] bool copy(AddressSpace& parent, AddressSpace& child, Mapping& m, bool shared, TlbBatch& batch);
// Moves the entries of [from, from + length) to `to`. False without memory, with some moved (the caller moves
// back).
[[nodiscard]] bool move(AddressSpace& space, u64 from, u64 to, u64 length, TlbBatch& batch);

}  // namespace vm::tables
