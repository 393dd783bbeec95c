#include "memory/buddy.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

using memory::Buddy;
using memory::Frame;

namespace {

class BuddyTest : public testing::Test {
  protected:
    void SetUp() override {
        frames_ = std::vector<FrameBox>(kPages);
        memory::host_frame_table = &frames_[0].frame;
    }
    static constexpr u64 kPages = 1 << 14;
    struct FrameBox {
        Frame frame{};
    };
    std::vector<FrameBox> frames_;
    Buddy buddy_;
};

TEST_F(BuddyTest, GivesAlignedBlocksAndTakesThemBack) {
    buddy_.set_span(0, kPages);
    buddy_.add_range(0, kPages);
    EXPECT_EQ(buddy_.free_pages(), kPages);
    for (unsigned order = 0; order <= 14; order++) {
        Frame* f = buddy_.allocate(order);
        ASSERT_NE(f, nullptr);
        EXPECT_EQ(memory::page_number_of(f) % (u64{1} << order), 0u);
        buddy_.free(f, order);
        EXPECT_EQ(buddy_.blocks(14), 1u);
    }
    EXPECT_EQ(buddy_.allocate(15), nullptr);
}

TEST_F(BuddyTest, JoinsOnlyWithinItsSpan) {
    buddy_.set_span(8, 16);
    buddy_.add_range(8, 16);
    // A neighbour zone's free block next door must not be taken.
    frames_[0].frame.kind = memory::FrameKind::kFree;
    frames_[0].frame.order = 3;
    Frame* f = buddy_.allocate(3);
    ASSERT_NE(f, nullptr);
    EXPECT_EQ(memory::page_number_of(f), 8u);
    buddy_.free(f, 3);
    EXPECT_EQ(buddy_.blocks(3), 1u);
    EXPECT_EQ(buddy_.blocks(4), 0u);
}

TEST_F(BuddyTest, FreshFramesMayHoldAnything) {
    for (FrameBox& b : frames_) {
        b.frame.kind = memory::FrameKind::kFree;
        b.frame.order = 3;
    }
    frames_[500].frame.kind = memory::FrameKind::kReserved;  // the hole between the ranges
    buddy_.set_span(0, kPages);
    buddy_.add_range(1, 500);
    buddy_.add_range(501, kPages);
    EXPECT_EQ(buddy_.free_pages(), kPages - 2);
    u64 taken = 0;
    while (Frame* f = buddy_.allocate(0)) {
        taken++;
        EXPECT_NE(memory::page_number_of(f), 500u);
    }
    EXPECT_EQ(taken, kPages - 2);
}

TEST_F(BuddyTest, ClearedRangesJoinTheirNeighbours) {
    buddy_.set_span(0, kPages);
    buddy_.add_range(0, 512);
    buddy_.add_range(1024, kPages);
    buddy_.add_range(512, 1024, Buddy::Frames::kCleared);
    EXPECT_EQ(buddy_.blocks(14), 1u);
}

TEST_F(BuddyTest, OddRangesBecomeFewBlocks) {
    buddy_.set_span(0, kPages);
    buddy_.add_range(3, 1000);
    EXPECT_EQ(buddy_.free_pages(), 997u);
    EXPECT_EQ(buddy_.blocks(0), 1u);  // page 3
    EXPECT_EQ(buddy_.blocks(2), 1u);  // 4..8
    EXPECT_EQ(buddy_.blocks(8), 2u);  // 256..768
}

// Against a map of what is handed out: no overlap, no loss, and everything joins again at the end.
TEST_F(BuddyTest, RandomUseMatchesTheModel) {
    for (unsigned seed = 1; seed <= 20; seed++) {
        SCOPED_TRACE(seed);
        SetUp();
        Buddy buddy;
        std::mt19937 random(seed);
        const u64 first = random() % 100, last = kPages - random() % 100;
        buddy.set_span(first, last);
        buddy.add_range(first, last);
        std::vector<u64> before;
        for (unsigned o = 0; o < Buddy::kOrders; o++) before.push_back(buddy.blocks(o));
        std::map<u64, unsigned> held;  // first page, order
        u64 pages = 0;
        for (int step = 0; step < 20000; step++) {
            if (held.empty() || random() % 100 < 55) {
                const unsigned order = random() % 8 == 0 ? random() % 12 : random() % 3;
                Frame* f = buddy.allocate(order);
                if (f == nullptr) continue;
                const u64 page = memory::page_number_of(f), size = u64{1} << order;
                ASSERT_EQ(page % size, 0u);
                ASSERT_GE(page, first);
                ASSERT_LE(page + size, last);
                auto next = held.lower_bound(page);
                ASSERT_TRUE(next == held.end() || next->first >= page + size);
                ASSERT_TRUE(next == held.begin() ||
                            std::prev(next)->first + (u64{1} << std::prev(next)->second) <= page);
                held[page] = order;
                pages += size;
            } else {
                auto it = held.lower_bound(random() % kPages);
                if (it == held.end()) it = held.begin();
                buddy.free(memory::frame_at(it->first), it->second);
                pages -= u64{1} << it->second;
                held.erase(it);
            }
            ASSERT_EQ(buddy.free_pages(), last - first - pages);
        }
        for (auto [page, order] : held) buddy.free(memory::frame_at(page), order);
        for (unsigned o = 0; o < Buddy::kOrders; o++) EXPECT_EQ(buddy.blocks(o), before[o]) << "order " << o;
    }
}

}  // namespace
