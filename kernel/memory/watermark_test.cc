#include <gtest/gtest.h>

#include "memory/reclaim.h"

namespace memory {
namespace {

// Linux 6.1, Documentation of min_free_kbytes in mm/page_alloc.c: 16 MB 512k, 64 MB 1024k, 256 MB 2048k, 1 GB 4096k,
// 16 GB 16384k.
TEST(Watermark, AsLinux) {
    const auto kib = [](u64 megabytes) { return least_free_pages(megabytes * 256) * 4; };
    EXPECT_EQ(kib(16), 512u);
    EXPECT_EQ(kib(64), 1024u);
    EXPECT_EQ(kib(256), 2048u);
    EXPECT_EQ(kib(1024), 4096u);
    EXPECT_EQ(kib(16384), 16384u);
}

TEST(Watermark, Bounds) {
    EXPECT_EQ(least_free_pages(0), 32u);
    EXPECT_EQ(least_free_pages(~u64{0} >> 20), 65536u);
}

}  // namespace
}  // namespace memory
