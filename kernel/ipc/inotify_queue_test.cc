#include <gtest/gtest.h>

#include "ipc/inotify_queue.h"

#include <array>

namespace {

using ipc::InotifyQueue;

TEST(InotifyQueue, LikeEventsAreOne) {
    InotifyQueue q(10);
    EXPECT_TRUE(q.push(1, abi::IN_MODIFY, 0, "a"));
    EXPECT_FALSE(q.push(1, abi::IN_MODIFY, 0, "a"));
    EXPECT_TRUE(q.push(1, abi::IN_MODIFY, 0, "b"));
    EXPECT_TRUE(q.push(1, abi::IN_MODIFY, 0, "a"));
    EXPECT_TRUE(q.push(2, abi::IN_MODIFY, 0, "a"));
    EXPECT_EQ(q.bytes(), 4u * 32);
}

TEST(InotifyQueue, OverflowIsToldOnce) {
    InotifyQueue q(2);
    ASSERT_TRUE(q.init().ok());
    q.push(1, abi::IN_OPEN, 0, {});
    q.push(1, abi::IN_MODIFY, 0, {});
    EXPECT_TRUE(q.push(1, abi::IN_OPEN, 0, {}));
    EXPECT_FALSE(q.push(1, abi::IN_MODIFY, 0, {}));
    EXPECT_EQ(q.take(100)->head.mask, static_cast<u32>(abi::IN_OPEN));
    EXPECT_EQ(q.take(100)->head.mask, static_cast<u32>(abi::IN_MODIFY));
    EXPECT_EQ(q.take(100)->head.wd, -1);
    EXPECT_TRUE(q.empty());
    EXPECT_TRUE(q.push(1, abi::IN_OPEN, 0, {}));
}

TEST(InotifyQueue, NamesArePadded) {
    EXPECT_EQ(InotifyQueue::padded(0), 0u);
    EXPECT_EQ(InotifyQueue::padded(1), 16u);
    EXPECT_EQ(InotifyQueue::padded(15), 16u);
    EXPECT_EQ(InotifyQueue::padded(16), 32u);
    InotifyQueue q(2);
    q.push(7, abi::IN_CREATE, 3, "file");
    EXPECT_FALSE(q.take(31));
    std::array<u8, 32> bytes;
    bytes.fill(0xff);
    vm::IoWriter to = vm::IoWriter::from_kernel(bytes);
    ASSERT_TRUE(InotifyQueue::store(*q.take(32), to).ok());
    EXPECT_EQ(bytes[16], 'f');
    EXPECT_EQ(bytes[20], 0);
    EXPECT_EQ(bytes[31], 0);
}

}  // namespace
