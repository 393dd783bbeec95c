#include <gtest/gtest.h>

#include <random>

#include "memory/huge_counts.h"

namespace memory {
namespace {

void expect_sound(const HugeCounts& c) {
    ASSERT_LE(c.reserved, c.free);
    ASSERT_LE(c.free, c.total);
    ASSERT_LE(c.surplus, c.total);
}

TEST(HugeCounts, PromisesWhatIsFree) {
    HugeCounts c{.total = 4, .free = 4};
    EXPECT_EQ(c.missing_for(4), 0u);
    EXPECT_EQ(c.missing_for(5), 1u);
    c.promise(3);
    EXPECT_EQ(c.missing_for(1), 0u);
    EXPECT_EQ(c.missing_for(2), 1u);
    EXPECT_EQ(c.missing_for(~u64{0}), ~u64{0});
    EXPECT_TRUE(c.may_take(false));
    c.take(false);
    EXPECT_FALSE(c.may_take(false));  // what is left is promised
    EXPECT_TRUE(c.may_take(true));
    c.take(true);
    EXPECT_EQ(c.free, 2u);
    EXPECT_EQ(c.reserved, 2u);
    EXPECT_FALSE(c.give_back());
    EXPECT_TRUE(c.may_take(false));
    EXPECT_EQ(c.unpromise(2), 0u);
    EXPECT_EQ(c.reserved, 0u);
}

TEST(HugeCounts, SurplusLeaves) {
    HugeCounts c{.total = 1, .free = 1, .most_surplus = 2};
    EXPECT_TRUE(c.may_add_surplus(2));
    EXPECT_FALSE(c.may_add_surplus(3));
    c.add_free();
    c.surplus++;
    c.promise(2);
    c.take(true);
    // The promise that is left goes with a page that is free: 1 persistent page remains.
    EXPECT_EQ(c.unpromise(1), 1u);
    c.remove_free();
    c.surplus--;
    EXPECT_FALSE(c.give_back());
    EXPECT_EQ(c.total, 1u);
    EXPECT_EQ(c.free, 1u);
    // Given back while surplus: it leaves at once.
    c.surplus = 1;
    c.take(false);
    EXPECT_TRUE(c.give_back());
    EXPECT_EQ(c.total, 0u);
    EXPECT_FALSE(HugeCounts{}.may_add_surplus(0));
}

TEST(HugeCounts, ShrinksToWhatIsUsed) {
    HugeCounts c{.total = 10, .free = 6};
    c.promise(2);
    EXPECT_EQ(c.removable(8), 2u);
    EXPECT_EQ(c.removable(0), 4u);
    EXPECT_EQ(c.removable(20), 0u);
    for (int i = 0; i < 4; i++) c.remove_free();
    c.let_go(0);
    EXPECT_EQ(c.persistent(), 0u);
    EXPECT_EQ(c.surplus, 6u);
    EXPECT_EQ(c.removable(0), 0u);
    c.keep_surplus(5);  // they stay after all
    EXPECT_EQ(c.persistent(), 5u);
    c.keep_surplus(50);
    EXPECT_EQ(c.surplus, 0u);
}

// Random steps as the pool makes them: the relations between the numbers hold after each.
TEST(HugeCounts, StaysSound) {
    std::mt19937_64 random(1);
    HugeCounts c;
    u64 out = 0, out_promised = 0;
    for (int step = 0; step < 200'000; step++) {
        const u64 n = random() % 8;
        switch (random() % 7) {
            case 0:
                c.keep_surplus(n);
                while (c.persistent() < n) c.add_free();
                for (u64 left = c.removable(n); left > 0; left--) c.remove_free();
                c.let_go(n);
                break;
            case 1: c.most_surplus = n; break;
            case 2: {
                const u64 missing = c.missing_for(n);
                if (missing != 0 && !c.may_add_surplus(missing)) break;
                for (u64 i = 0; i < missing; i++) c.add_free();
                c.surplus += missing;
                c.promise(n);
                break;
            }
            case 3:
                if (n > c.reserved) break;
                for (u64 left = c.unpromise(n); left > 0 && c.free > 0; left--) {
                    c.remove_free();
                    c.surplus--;
                }
                break;
            case 4:
            case 5: {
                const bool promised = c.reserved > 0 && n % 2 == 0;
                if (!c.may_take(promised)) break;
                c.take(promised);
                (promised && n == 0 ? out_promised : out)++;
                break;
            }
            case 6:
                if (out_promised > 0) {
                    out_promised--;
                    c.undo_take();
                } else if (out > 0) {
                    out--;
                    c.give_back();
                }
                break;
        }
        expect_sound(c);
        ASSERT_EQ(c.total - c.free, out + out_promised);
    }
}

}  // namespace
}  // namespace memory
