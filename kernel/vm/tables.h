// User page tables: finding and making slots, walking ranges, and what the entries' software bits mean.
// Callers: vm alone.
// Locks, context: the space's lock; entries change by atomic operations, since faults run side by side.
#pragma once

#include "arch/cpu.h"
#include "arch/page_table.h"
#include "memory/page_allocator.h"
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

// Large entries: an entry of level 2 that maps 2 MiB of one private anonymous mapping. It holds a reference on each of
// the 512 pages, as the 512 entries of a table would (docs/decisions/0122).
inline constexpr unsigned kLargeOrder = 9;
inline constexpr u64 kLargeSize = arch::level_size(2);
inline constexpr i64 kLargePages = i64{1} << kLargeOrder;
// In level 2, alone: a large entry is being taken apart on another CPU, which does not sleep meanwhile.
inline constexpr PteBits kSplitting = PteBits::kSoft3;
// Present, or kHidden. Pointers to tables lack the bit.
constexpr bool is_large(Pte e) { return e.has(PteBits::kLarge); }
// The entry that a page of a large one would have alone.
constexpr Pte small_of(Pte large, u64 address) {
    return Pte(large.without(PteBits::kLarge).raw + (arch::table_index(address, 1) << kPageShift));
}
// The level-2 entry, once nobody takes it apart. Interrupts on.
inline Pte settled(const PteSlot& slot) {
    Pte e = slot.load();
    while (e == Pte(static_cast<u64>(kSplitting))) [[unlikely]] {
        arch::pause();
        e = slot.load();
    }
    return e;
}

inline arch::PageTable* at(PhysAddr p) { return static_cast<arch::PageTable*>(memory::direct_map(p)); }

// Bits of a fresh entry of `m`, read-only.
inline PteBits read_bits(const Mapping& m) {
    PteBits b = PteBits::kPresent | PteBits::kUser | PteBits::kAccessed;
    if (!has(m.prot, Prot::kExec)) b |= PteBits::kNoExecute;
    return b | static_cast<PteBits>(u64{m.key} << arch::kKeyShift);
}

// The slot of `lowest` level for `address`, with tables made as needed; null without memory. `made` counts new tables.
// With level 1 there must be no large entry.
[[nodiscard]] PteSlot* make_slot(PhysAddr root, u64 address, i64& made, bool no_wait = false, int lowest = 1);
// A table below `slot` if that is empty. False without memory.
[[nodiscard]] bool make_table(PteSlot& slot, i64& made, bool no_wait);
// A frame for a table, with no tables below it; cleared if `flags` say so. Null without memory.
[[nodiscard]] memory::Frame* new_table(memory::AllocFlags flags);
// A large entry takes the place of the table below `slot`, which the caller has taken out and frees.
void put_large(PteSlot& slot, Pte large);
// What maps `address`: a slot of level 1, or of level 2 with a large entry; or null when a table on the way is missing.
struct Found {
    PteSlot* slot = nullptr;
    Pte entry;  // of the slot
    Pte page;   // as it would be for the page alone
};
inline Found find(PhysAddr root, u64 address) {
    arch::PageTable* t = at(root);
    for (int level = arch::kPageTableLevels; level > 1; level--) {
        PteSlot& slot = (*t)[arch::table_index(address, level)];
        const Pte e = level == 2 ? settled(slot) : slot.load_relaxed();
        if (level == 2 && is_large(e)) return {&slot, e, small_of(e, address)};
        if (!e.present()) return {};
        t = at(e.address());
    }
    PteSlot& slot = (*t)[arch::table_index(address, 1)];
    const Pte e = slot.load();
    return {&slot, e, e};
}

// The level-2 slot, or null.
inline PteSlot* find_middle(PhysAddr root, u64 address) {
    arch::PageTable* t = at(root);
    for (int level = arch::kPageTableLevels; level > 2; level--) {
        const Pte e = (*t)[arch::table_index(address, level)].load_relaxed();
        if (!e.present()) return nullptr;
        t = at(e.address());
    }
    return &(*t)[arch::table_index(address, 2)];
}

// A reference on the page at `address`, or null when the slot of `found` holds something else by now or the page is not
// counted. Others may take the entry out at the same time.
[[nodiscard]] memory::Frame* hold_page(AddressSpace& space, const Found& found);

// Puts a table of 512 entries in the place of the large entry in `slot`, if there is one (still). False without memory.
[[nodiscard]] bool split(AddressSpace& space, PteSlot& slot, u64 address, bool no_wait = false);
// The same where `address` is not at a large page's beginning. ENOMEM.
Result<void> split_at(AddressSpace& space, u64 address);
// Large entries that have come (or, with a minus, gone).
void count_large(AddressSpace& space, i64 entries);

// fn(PageTable& slots, usize first, usize last, u64 address_of_first) for each existing level-1 table in [start, end),
// large(PteSlot& slot, u64 from, u64 until) for each large entry and the part of it that is in the range.
template <typename Fn, typename Large>
void each_table(PhysAddr root, u64 start, u64 end, Fn fn, Large large) {
    u64 a = start;
    while (a < end) {
        arch::PageTable* t = at(root);
        int level = arch::kPageTableLevels;
        bool missing = false;
        for (; level > 1; level--) {
            PteSlot& slot = (*t)[arch::table_index(a, level)];
            Pte e = slot.load_relaxed();
            if (level == 2 && !e.empty()) {
                e = settled(slot);
                if (is_large(e)) {
                    const u64 stop = align_down(a, kLargeSize) + kLargeSize;
                    large(slot, a, end < stop ? end : stop);
                    missing = true;
                    break;
                }
            }
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
// Frees what is left of the tables of a space without mappings: those that unmapped holes have kept.
void free_all_tables(AddressSpace& space, TlbBatch& batch);
// New rights for the pages of [start, end), which lie in `m`.
void protect(AddressSpace& space, const Mapping& m, u64 start, u64 end, TlbBatch& batch);
// Shares the private pages of `m` with `child` read-only. False without memory. `batch` is of the parent.
[[nodiscard]] bool copy(AddressSpace& parent, AddressSpace& child, Mapping& m, bool shared, TlbBatch& batch);
// Moves the entries of [from, from + length) to `to`. False without memory, with some moved (the caller moves
// back).
[[nodiscard]] bool move(AddressSpace& space, u64 from, u64 to, u64 length, TlbBatch& batch);

}  // namespace vm::tables
