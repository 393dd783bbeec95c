#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <string>

#include "base/host_names.h"
#include "log/ring.h"

namespace {
using Small = log::Ring<512>;

std::string read(const Small& ring, u64 from, u64& sequence) {
    Small::Header h;
    std::array<char, 256> text;
    usize n = 0;
    if (!ring.read(from, h, text, n)) return "<none>";
    sequence = h.sequence;
    return std::string(text.data(), n);
}

TEST(LogRing, ReadsBackInOrder) {
    Small ring;
    u64 s = 0;
    EXPECT_EQ(read(ring, 0, s), "<none>");
    ring.push(6, 1, "one");
    ring.push(4, 2, "");
    ring.push(6, 3, "three");
    EXPECT_EQ(read(ring, 0, s), "one");
    EXPECT_EQ(read(ring, 1, s), "");
    EXPECT_EQ(read(ring, 2, s), "three");
    EXPECT_EQ(read(ring, 3, s), "<none>");
    EXPECT_EQ(read(ring, 0, s), "one");  // backwards again
}

TEST(LogRing, TheOldestGiveWay) {
    std::mt19937 random(3);
    Small ring;
    std::deque<std::pair<u64, std::string>> model;
    for (u64 i = 0; i < 5000; i++) {
        const std::string text(random() % 64, static_cast<char>('a' + i % 26));
        EXPECT_EQ(ring.push(6, static_cast<i64>(i), text), i);
        model.emplace_back(i, text);
        while (model.front().first < ring.first_sequence()) model.pop_front();
        ASSERT_FALSE(model.empty());
        u64 at = 0;
        for (auto& [sequence, expected] : model) {
            ASSERT_EQ(read(ring, at, at), expected) << sequence;
            ASSERT_EQ(at, sequence);
            at++;
        }
        ASSERT_EQ(ring.next_sequence(), i + 1);
    }
}

TEST(LogRing, LongTextsAreCut) {
    Small ring;
    ring.push(6, 0, std::string(5000, 'x'));
    u64 s = 0;
    EXPECT_EQ(read(ring, 0, s).size(), 64u);
}
}  // namespace
