// The format of x86-64 page tables: entries, indices, canonical addresses. Pure; allocation is memory's and
// vm's. Callers: memory and vm. Locks, context: none; whoever owns a table guards it.
#pragma once

#include <atomic>

#include "base/types.h"

namespace arch {

inline constexpr int kPageTableLevels = 4;
inline constexpr usize kEntriesPerTable = 512;

// Bits of an entry, SDM volume 3, 4.5. Bits 9-11 and 52-58 are software's: 9 and 10 are vm's.
enum class PteBits : u64 {
    kNone = 0,
    kPresent = 1ull << 0,
    kWrite = 1ull << 1,
    kUser = 1ull << 2,
    kWriteThrough = 1ull << 3,
    kCacheDisable = 1ull << 4,
    kAccessed = 1ull << 5,
    kDirty = 1ull << 6,
    kLarge = 1ull << 7,  // 2 MiB or 1 GiB page, in levels 2 and 3
    kPat = 1ull << 7,    // in level 1
    kGlobal = 1ull << 8,
    kSoft0 = 1ull << 9,
    kSoft1 = 1ull << 10,
    kSoft2 = 1ull << 11,
    kLargePat = 1ull << 12,
    kSoft3 = 1ull << 52,
    kSoft4 = 1ull << 53,
    kNoExecute = 1ull << 63,
};
inline constexpr unsigned kKeyShift = 59;  // bits 59-62 of a user page: its protection key
constexpr PteBits operator|(PteBits a, PteBits b) {
    return static_cast<PteBits>(static_cast<u64>(a) | static_cast<u64>(b));
}
constexpr PteBits operator&(PteBits a, PteBits b) {
    return static_cast<PteBits>(static_cast<u64>(a) & static_cast<u64>(b));
}
constexpr PteBits operator~(PteBits a) { return static_cast<PteBits>(~static_cast<u64>(a)); }
constexpr PteBits& operator|=(PteBits& a, PteBits b) { return a = a | b; }
constexpr bool any(PteBits a) { return static_cast<u64>(a) != 0; }

// How memory is cached. cpu_init programs the PAT so that the index is PWT + 2*PCD + 4*PAT.
enum class Caching : u8 { kWriteBack, kWriteCombining, kUncachedMinus, kUncached };
// PAT entries 0-7: WB WC UC- UC, and WB WP UC- WT above, as Linux sets them.
inline constexpr u64 kPatValue = 0x0407'0506'0007'0106;
constexpr PteBits caching_bits(Caching c) {
    switch (c) {
        case Caching::kWriteBack: return PteBits::kNone;
        case Caching::kWriteCombining: return PteBits::kWriteThrough;
        case Caching::kUncachedMinus: return PteBits::kCacheDisable;
        case Caching::kUncached: return PteBits::kWriteThrough | PteBits::kCacheDisable;
    }
    return PteBits::kNone;
}

// One entry of any level, as a value.
struct Pte {
    u64 raw = 0;

    static constexpr u64 kAddressMask = 0x000f'ffff'ffff'f000;
    // Without bit 12, which is PAT in a large page's entry.
    static constexpr u64 kLargeAddressMask = 0x000f'ffff'ffff'e000;

    constexpr Pte() = default;
    constexpr explicit Pte(u64 r) : raw(r) {}
    constexpr Pte(PhysAddr address, PteBits bits) : raw(address.value | static_cast<u64>(bits)) {}

    constexpr bool has(PteBits b) const { return (raw & static_cast<u64>(b)) == static_cast<u64>(b); }
    constexpr bool empty() const { return raw == 0; }
    constexpr bool present() const { return has(PteBits::kPresent); }
    constexpr bool writable() const { return has(PteBits::kWrite); }
    constexpr bool user() const { return has(PteBits::kUser); }
    constexpr bool accessed() const { return has(PteBits::kAccessed); }
    constexpr bool dirty() const { return has(PteBits::kDirty); }
    constexpr bool large() const { return has(PteBits::kLarge); }
    constexpr bool executable() const { return !has(PteBits::kNoExecute); }
    constexpr PhysAddr address() const { return PhysAddr(raw & kAddressMask); }
    constexpr PhysAddr large_address() const { return PhysAddr(raw & kLargeAddressMask); }
    constexpr PteBits bits() const { return static_cast<PteBits>(raw & ~kAddressMask); }
    constexpr Pte with(PteBits b) const { return Pte(raw | static_cast<u64>(b)); }
    constexpr Pte without(PteBits b) const { return Pte(raw & ~static_cast<u64>(b)); }
    constexpr unsigned key() const { return raw >> kKeyShift & 15; }
    constexpr Pte with_key(unsigned key) const { return Pte((raw & ~(u64{15} << kKeyShift)) | u64{key} << kKeyShift); }
    constexpr bool operator==(const Pte&) const = default;
};

// An entry in memory. The MMU sets accessed and dirty at any time, so every access is atomic.
class PteSlot {
  public:
    Pte load() const { return Pte(raw_.load(std::memory_order_acquire)); }
    Pte load_relaxed() const { return Pte(raw_.load(std::memory_order_relaxed)); }
    void store(Pte p) { raw_.store(p.raw, std::memory_order_release); }
    Pte exchange(Pte p) { return Pte(raw_.exchange(p.raw, std::memory_order_acq_rel)); }
    // On failure `expected` becomes what is there.
    bool compare_exchange(Pte& expected, Pte desired) {
        return raw_.compare_exchange_strong(expected.raw, desired.raw, std::memory_order_acq_rel);
    }
    // Clears bits and returns the entry as it was, dirty and accessed included.
    Pte clear(PteBits b) { return Pte(raw_.fetch_and(~static_cast<u64>(b), std::memory_order_acq_rel)); }
    Pte set(PteBits b) { return Pte(raw_.fetch_or(static_cast<u64>(b), std::memory_order_acq_rel)); }

  private:
    std::atomic<u64> raw_;
};
static_assert(sizeof(PteSlot) == 8);

struct PageTable {
    PteSlot slots[kEntriesPerTable];
    PteSlot& operator[](usize i) { return slots[i]; }
};
static_assert(sizeof(PageTable) == kPageSize);
// The table that `slot` lies in: tables fill a page each.
inline PageTable& table_of(PteSlot& slot) {
    return *reinterpret_cast<PageTable*>(reinterpret_cast<u64>(&slot) & ~(u64{kPageSize} - 1));
}

// Levels: 1 = PTE (4 KiB), 2 = PDE (2 MiB), 3 = PDPTE (1 GiB), 4 = PML4E (512 GiB).
constexpr unsigned level_shift(int level) { return kPageShift + 9u * static_cast<unsigned>(level - 1); }
constexpr u64 level_size(int level) { return 1ull << level_shift(level); }
constexpr usize table_index(u64 address, int level) { return (address >> level_shift(level)) & 511; }
constexpr bool canonical(u64 address) { return static_cast<u64>(static_cast<i64>(address << 16) >> 16) == address; }
constexpr bool is_user_address(u64 address) { return address < kUserLimit; }
// Entries of level 4 below this index are user space's.
inline constexpr usize kUserTopEntries = 256;

// Bits of an entry that points to a lower table: rights are decided by the last level.
inline constexpr PteBits kTableBits = PteBits::kPresent | PteBits::kWrite | PteBits::kUser | PteBits::kAccessed;
inline constexpr PteBits kKernelTableBits = PteBits::kPresent | PteBits::kWrite | PteBits::kAccessed;

// The entry that maps `address`, and its level; null slot when a table on the way is missing.
struct WalkResult {
    PteSlot* slot = nullptr;
    int level = 0;
};
// Walks down to `lowest` level, stopping at a large page or an entry that is not present (whose slot is
// returned when it is at `lowest`, and null otherwise). `table_at(PhysAddr)` gives a PageTable*.
template <typename TableAt>
WalkResult walk(PhysAddr root, u64 address, TableAt&& table_at, int lowest = 1) {
    PageTable* table = table_at(root);
    for (int level = kPageTableLevels;; --level) {
        PteSlot& slot = (*table)[table_index(address, level)];
        if (level == lowest) return {&slot, level};
        const Pte entry = slot.load();
        if (!entry.present()) return {nullptr, level};
        if (entry.large() && level < kPageTableLevels) return {&slot, level};
        table = table_at(entry.address());
    }
}

}  // namespace arch
