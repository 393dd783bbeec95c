// The page-table format and the walk.
// Callers: the host test runner.
// Locks, context: none.
#include "arch/page_table.h"

#include <gtest/gtest.h>

#include <map>

namespace arch {
namespace {

TEST(Pte, KeepsAddressAndBitsApart) {
    const Pte p(PhysAddr(0x0007'1234'5678'9000), PteBits::kPresent | PteBits::kWrite | PteBits::kNoExecute);
    EXPECT_EQ(p.address().value, 0x0007'1234'5678'9000u);
    EXPECT_TRUE(p.present() && p.writable() && !p.user() && !p.executable());
    EXPECT_EQ(p.with(PteBits::kDirty).without(PteBits::kWrite).writable(), false);
    EXPECT_EQ(p.bits(), PteBits::kPresent | PteBits::kWrite | PteBits::kNoExecute);
    EXPECT_EQ(Pte(PhysAddr(0x4000'0000), PteBits::kLarge | PteBits::kLargePat).large_address().value, 0x4000'0000u);
}

TEST(PageTable, IndicesAndCanonicalAddresses) {
    EXPECT_EQ(table_index(0xffff'ffff'8020'1000, 4), 511u);
    EXPECT_EQ(table_index(0xffff'ffff'8020'1000, 3), 510u);
    EXPECT_EQ(table_index(0xffff'ffff'8020'1000, 2), 1u);
    EXPECT_EQ(table_index(0xffff'ffff'8020'1000, 1), 1u);
    EXPECT_EQ(level_size(2), 2u << 20);
    EXPECT_TRUE(canonical(0x7fff'ffff'ffff) && canonical(0xffff'8000'0000'0000) && !canonical(0x8000'0000'0000));
    EXPECT_TRUE(is_user_address(kUserLimit - 1) && !is_user_address(kUserLimit));
}

TEST(PageTable, CachingSelectsThePatEntry) {
    const auto type_of = [](Caching c) {
        const u64 bits = static_cast<u64>(caching_bits(c));
        return kPatValue >> (8 * ((bits >> 3 & 1) + 2 * (bits >> 4 & 1))) & 7;
    };
    EXPECT_EQ(type_of(Caching::kWriteBack), 6u);  // SDM volume 3, table 11-10
    EXPECT_EQ(type_of(Caching::kWriteCombining), 1u);
    EXPECT_EQ(type_of(Caching::kUncachedMinus), 7u);
    EXPECT_EQ(type_of(Caching::kUncached), 0u);
}

TEST(PageTable, WalkFindsTheEntry) {
    alignas(kPageSize) static PageTable tables[4];
    const auto at = [&](PhysAddr p) { return &tables[p.value / kPageSize]; };
    const u64 address = 0x0000'1234'5678'9000;
    EXPECT_EQ(walk(PhysAddr(0), address, at).slot, nullptr);
    for (int level = 4; level > 1; --level) {
        tables[4 - level][table_index(address, level)].store(
            Pte(PhysAddr((5u - static_cast<u64>(level)) * kPageSize), kTableBits));
    }
    const WalkResult leaf = walk(PhysAddr(0), address, at);
    ASSERT_EQ(leaf.slot, &tables[3][table_index(address, 1)]);
    EXPECT_EQ(leaf.level, 1);
    tables[2][table_index(address, 2)].store(Pte(PhysAddr(0x20'0000), kTableBits | PteBits::kLarge));
    const WalkResult large = walk(PhysAddr(0), address, at);
    EXPECT_EQ(large.level, 2);
    EXPECT_EQ(large.slot->load().large_address().value, 0x20'0000u);
}

TEST(PteSlot, AtomicOperationsReturnTheOldEntry) {
    PteSlot slot;
    slot.store(Pte(PhysAddr(0x1000), PteBits::kPresent | PteBits::kWrite | PteBits::kDirty));
    EXPECT_TRUE(slot.clear(PteBits::kWrite).writable());
    EXPECT_FALSE(slot.load().writable());
    Pte expected(PhysAddr(0x1000), PteBits::kPresent);
    EXPECT_FALSE(slot.compare_exchange(expected, Pte()));
    EXPECT_TRUE(expected.dirty());
    EXPECT_TRUE(slot.compare_exchange(expected, Pte()));
    EXPECT_TRUE(slot.load().empty());
}

}  // namespace
}  // namespace arch
