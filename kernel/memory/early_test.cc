#include "memory/early.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

using memory::EarlyMemory;

namespace {

constexpr u64 kPages = 512;

std::vector<bool> pages_of(const EarlyMemory& e) {
    std::vector<bool> v(kPages);
    u64 before = 0;
    for (usize i = 0; i < e.count(); i++) {
        EXPECT_LT(e[i].start, e[i].end);
        EXPECT_TRUE(i == 0 || e[i].start > before) << "sorted and apart";
        before = e[i].end;
        for (u64 p = e[i].start; p < e[i].end; p += kPageSize) v[p / kPageSize] = true;
    }
    return v;
}

TEST(EarlyMemory, RandomRangesMatchTheModel) {
    for (unsigned seed = 0; seed < 50; seed++) {
        std::mt19937 random(seed);
        EarlyMemory e;
        std::vector<bool> model(kPages);
        for (int step = 0; step < 300; step++) {
            const u64 a = random() % (kPages * kPageSize), size = random() % (40 * kPageSize);
            const u64 b = a + size < kPages * kPageSize ? a + size : kPages * kPageSize;
            switch (random() % 3) {
                case 0:
                    e.add(a, b);
                    for (u64 p = (a + kPageSize - 1) / kPageSize; p < b / kPageSize; p++) model[p] = true;
                    break;
                case 1:
                    e.remove(a, b);
                    if (a < b)
                        for (u64 p = a / kPageSize; p < (b + kPageSize - 1) / kPageSize; p++) model[p] = false;
                    break;
                default: {
                    const u64 alignment = kPageSize << random() % 4, wanted = (1 + random() % 5) * kPageSize;
                    const u64 at = e.take(wanted, alignment, kPages * kPageSize);
                    if (at == 0) break;
                    EXPECT_EQ(at % alignment, 0u);
                    for (u64 p = at / kPageSize; p < (at + wanted) / kPageSize; p++) {
                        EXPECT_TRUE(model[p]);
                        model[p] = false;
                    }
                }
            }
            ASSERT_EQ(pages_of(e), model) << "seed " << seed << " step " << step;
        }
    }
}

TEST(EarlyMemory, StaysBelowTheLimit) {
    EarlyMemory e;
    e.add(0x1000, 0x100000);
    e.add(0x1'0000'0000, 0x2'0000'0000);
    EXPECT_EQ(e.take(0x2000, 0x1000, 1ull << 32), 0xfe000u);
    EXPECT_EQ(e.take(0x200000, 0x1000, 1ull << 32), 0u);
}

}  // namespace
