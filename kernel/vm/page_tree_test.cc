#include "vm/page_tree.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

using memory::Frame;
using vm::PageTree;

namespace {

struct FrameBox {
    Frame frame{};
};

TEST(PageTree, RandomUseMatchesTheModel) {
    std::vector<FrameBox> frames(4096);
    memory::host_frame_table = &frames[0].frame;
    for (unsigned seed = 0; seed < 20; seed++) {
        SCOPED_TRACE(seed);
        std::mt19937_64 random(seed);
        std::map<u64, Frame*> model;
        PageTree tree;
        const u64 range = seed % 3 == 0 ? 200 : seed % 3 == 1 ? 1 << 20 : ~u64{0};
        for (int step = 0; step < 5000; step++) {
            const u64 index = range == ~u64{0} ? random() >> (random() % 64) : random() % range;
            if (random() % 100 < 60) {
                Frame* f = &frames[random() % frames.size()].frame;
                Result<void> r = tree.insert(index, f);
                ASSERT_EQ(r.ok(), !model.contains(index));
                if (r.ok()) model[index] = f;
            } else {
                Frame* f = tree.remove(index);
                ASSERT_EQ(f, model.contains(index) ? model[index] : nullptr);
                model.erase(index);
            }
            const u64 probe = range == ~u64{0} ? random() >> (random() % 64) : random() % range;
            ASSERT_EQ(tree.find(probe), model.contains(probe) ? model[probe] : nullptr);
            u64 next = probe;
            Frame* found = tree.next(next, ~u64{0});
            auto it = model.lower_bound(probe);
            ASSERT_EQ(found, it == model.end() ? nullptr : it->second);
            if (found != nullptr) ASSERT_EQ(next, it->first);
        }
        while (!model.empty()) {
            ASSERT_EQ(tree.remove(model.begin()->first), model.begin()->second);
            model.erase(model.begin());
        }
        EXPECT_TRUE(tree.empty());
    }
}

TEST(PageTree, ReferencesOnlyLivingPages) {
    FrameBox box;
    memory::host_frame_table = &box.frame;
    PageTree tree;
    ASSERT_TRUE(tree.insert(7, &box.frame).ok());
    box.frame.refs = 1;
    EXPECT_EQ(tree.find_and_ref(7), &box.frame);
    EXPECT_EQ(box.frame.refs.load(), 2u);
    EXPECT_EQ(tree.find_and_ref(8), nullptr);
    EXPECT_EQ(tree.find_and_ref(~u64{0}), nullptr);
    tree.remove(7);
}

}  // namespace
