#include "vm/mapping_tree.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>

using vm::MappingNode;
using vm::MappingTree;

namespace {

constexpr u64 P = kPageSize;

struct Model {
    std::map<u64, std::unique_ptr<MappingNode>> nodes;
    MappingTree tree;

    void add(u64 start, u64 end, bool grows_down = false) {
        auto n = std::make_unique<MappingNode>();
        n->start = start;
        n->end = end;
        n->grows_down = grows_down;
        tree.insert(*n);
        nodes[start] = std::move(n);
    }
    ~Model() {
        for (auto& [start, n] : nodes) tree.remove(*n);
    }
    bool fits(u64 start, u64 length) const {
        // The guard gap of the next range counts, not of those behind it (as Linux's vm_start_gap).
        bool next = true;
        for (auto& [s, n] : nodes) {
            if (n->end <= start) continue;
            if (start + length > (next ? n->lower_bound() : n->start)) return false;
            next = false;
        }
        return true;
    }
    // By trying every page.
    u64 down(u64 length, u64 low, u64 high, u64 alignment) const {
        if (high < length) return 0;
        for (u64 a = align_down(high - length, alignment); a >= low && a <= high; a -= alignment) {
            if (fits(a, length)) return a;
            if (a < alignment) break;
        }
        return 0;
    }
    u64 up(u64 length, u64 low, u64 high, u64 alignment) const {
        for (u64 a = align_up(low, alignment); a + length <= high; a += alignment)
            if (fits(a, length)) return a;
        return 0;
    }
};

TEST(MappingTree, EmptyTreeGivesTheEnds) {
    MappingTree t;
    EXPECT_EQ(t.find_gap_down(2 * P, 16 * P, 100 * P), 98 * P);
    EXPECT_EQ(t.find_gap_up(2 * P, 16 * P, 100 * P), 16 * P);
    EXPECT_EQ(t.find_gap_down(85 * P, 16 * P, 100 * P), 0u);
}

TEST(MappingTree, KeepsTheGuardGapBelowStacks) {
    Model m;
    m.add(1000 * P, 1010 * P, true);
    EXPECT_EQ(m.tree.find_gap_down(P, 16 * P, 1010 * P), 1000 * P - vm::kStackGuardGap - P);
}

TEST(MappingTree, RandomLayoutsMatchTheModel) {
    for (unsigned seed = 0; seed < 30; seed++) {
        SCOPED_TRACE(seed);
        std::mt19937 random(seed);
        Model m;
        const u64 space = 2000;
        for (int step = 0; step < 400; step++) {
            const unsigned what = random() % 10;
            if (what < 5) {
                const u64 start = (16 + random() % space) * P, end = start + (1 + random() % 20) * P;
                bool free = true;
                for (auto& [s, n] : m.nodes) free &= end <= n->start || start >= n->end;
                if (free) m.add(start, end, random() % 20 == 0);
            } else if (what < 7 && !m.nodes.empty()) {
                auto it = std::next(m.nodes.begin(), static_cast<long>(random() % m.nodes.size()));
                m.tree.remove(*it->second);
                m.nodes.erase(it);
            } else if (what < 8 && !m.nodes.empty()) {
                // Shrink from the end.
                auto it = std::next(m.nodes.begin(), static_cast<long>(random() % m.nodes.size()));
                if (it->second->end - it->second->start > P) {
                    it->second->end -= P;
                    m.tree.changed(*it->second);
                }
            }
            ASSERT_EQ(m.tree.size(), m.nodes.size());
            const u64 length = (1 + random() % 30) * P, alignment = P << random() % 4;
            const u64 low = (1 + random() % 300) * P, high = (300 + random() % space) * P;
            ASSERT_EQ(m.tree.find_gap_down(length, low, high, alignment), m.down(length, low, high, alignment));
            ASSERT_EQ(m.tree.find_gap_up(length, low, high, alignment), m.up(length, low, high, alignment));
            const u64 at = random() % (space * P);
            MappingNode* expected = nullptr;
            for (auto& [s, n] : m.nodes)
                if (n->end > at) {
                    expected = n.get();
                    break;
                }
            ASSERT_EQ(m.tree.find_from(at), expected);
        }
    }
}

}  // namespace
