#include "memory/slab_core.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <set>
#include <vector>

using memory::Frame;
using memory::SlabCore;

namespace {

constexpr usize kPages = 256;
struct FrameBox {
    Frame frame{};
};
alignas(65536) u8 arena[kPages * kPageSize];

struct Pages {
    Pages() : frames(kPages) {
        memory::host_frame_table = &frames[0].frame;
        for (FrameBox& box : frames) box.frame.refs = 1;  // as the page allocator gives them
        for (usize i = 0; i < kPages; i += 8) free.push_back(i);
    }
    std::vector<FrameBox> frames;
    std::vector<usize> free;  // blocks of 8 pages
};

TEST(SlabCore, RandomUseMatchesTheModel) {
    for (u32 size : {16u, 48u, 96u, 640u, 1024u, 3072u, 8192u}) {
        SCOPED_TRACE(size);
        Pages pages;
        SlabCore core(size, 3);
        std::mt19937 random(size);
        std::set<u8*> held;
        const auto head_of = [&](void* p) {
            return &pages.frames[static_cast<usize>(static_cast<u8*>(p) - arena) / kPageSize & ~usize{7}].frame;
        };
        const usize most = core.per_slab() * 20;
        for (int step = 0; step < 20000; step++) {
            if (held.size() < most && (held.empty() || random() % 100 < 52)) {
                void* p = core.take();
                if (p == nullptr) {
                    ASSERT_FALSE(pages.free.empty());
                    const usize page = pages.free.back();
                    pages.free.pop_back();
                    core.add(&pages.frames[page].frame, &arena[page * kPageSize]);
                    p = core.take();
                }
                ASSERT_NE(p, nullptr);
                auto [it, fresh] = held.insert(static_cast<u8*>(p));
                ASSERT_TRUE(fresh) << "handed out twice";
                ASSERT_TRUE(std::next(it) == held.end() || *std::next(it) >= *it + size);
                std::memset(p, 0xa5, size);
            } else {
                auto it = held.lower_bound(&arena[random() % sizeof(arena)]);
                if (it == held.end()) it = held.begin();
                u8* p = *it;
                held.erase(it);
                Frame* head = head_of(p);
                if (core.give(p, head)) pages.free.push_back(static_cast<usize>(head - &pages.frames[0].frame));
            }
            ASSERT_EQ(core.in_use(), held.size());
        }
        for (u8* p : held) {
            Frame* head = head_of(p);
            if (core.give(p, head)) pages.free.push_back(static_cast<usize>(head - &pages.frames[0].frame));
        }
        if (Frame* f = core.release_empty()) pages.free.push_back(static_cast<usize>(f - &pages.frames[0].frame));
        EXPECT_EQ(core.slabs(), 0u);
        EXPECT_EQ(pages.free.size(), kPages / 8) << "no slab is lost";
    }
}

}  // namespace
