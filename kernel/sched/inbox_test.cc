#include "sched/inbox.h"

#include <gtest/gtest.h>

#include <vector>

using namespace sched;

namespace {

TEST(Inbox, FirstInFirstOutAroundTheRing) {
    Inbox<int, 4> box;
    int put = 0, taken = 0;
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < 3; i++) EXPECT_NE(box.post(put++), Put::kFull);
        for (int i = 0; i < 3; i++) {
            ASSERT_EQ(box.next(), Event::kMessage);
            EXPECT_EQ(box.front(), taken++);
            box.pop();
        }
        EXPECT_EQ(box.next(), Event::kNone);
    }
    EXPECT_EQ(box.figures().messages, 150u);
    EXPECT_EQ(box.figures().deepest, 3u);
    EXPECT_EQ(box.figures().waiting, 0u);
}

TEST(Inbox, FullDropsTheNewest) {
    Inbox<int, 2> box;
    EXPECT_EQ(box.post(1), Put::kQueued);
    EXPECT_EQ(box.post(2), Put::kQueued);
    EXPECT_EQ(box.post(3), Put::kFull);
    EXPECT_EQ(box.front(), 1);
    EXPECT_EQ(box.figures().dropped, 1u);
    EXPECT_EQ(box.figures().messages, 2u);
}

TEST(Inbox, OnlyTheFirstPutWakes) {
    Inbox<int, 4> box;
    EXPECT_TRUE(box.park());
    EXPECT_EQ(box.post(1), Put::kWake);
    EXPECT_EQ(box.post(2), Put::kQueued);
    EXPECT_EQ(box.tick(), Put::kQueued);
    EXPECT_FALSE(box.park());
    EXPECT_EQ(box.next(), Event::kTick);
    for (int i = 0; i < 2; i++) {
        EXPECT_EQ(box.next(), Event::kMessage);
        box.pop();
    }
    EXPECT_TRUE(box.park());
    EXPECT_EQ(box.tick(), Put::kWake);
}

TEST(Inbox, AMessageStaysUntilItIsDone) {
    Inbox<int, 4> box;
    (void)box.post(7);
    EXPECT_EQ(box.next(), Event::kMessage);
    EXPECT_EQ(box.next(), Event::kMessage);
    EXPECT_EQ(box.front(), 7);
    box.pop();
    EXPECT_EQ(box.next(), Event::kNone);
}

TEST(Inbox, TicksAreOneAndTransfersTakeTurns) {
    Inbox<int, 8> box;
    for (int i = 0; i < 3; i++) {
        (void)box.post(i);
        (void)box.add_transfer();
        (void)box.tick();
    }
    std::vector<Event> seen;
    for (Event e = box.next(); e != Event::kNone; e = box.next()) {
        seen.push_back(e);
        if (e == Event::kMessage) box.pop();
    }
    using enum Event;
    EXPECT_EQ(seen, std::vector<Event>({kTick, kMessage, kTransfer, kMessage, kTransfer, kMessage, kTransfer}));
}

TEST(Inbox, StopComesAfterWhatWasTakenIn) {
    Inbox<int, 4> box;
    (void)box.post(1);
    EXPECT_EQ(box.stop(), Put::kQueued);
    EXPECT_EQ(box.post(2), Put::kFull);
    EXPECT_EQ(box.add_transfer(), Put::kFull);
    EXPECT_EQ(box.next(), Event::kMessage);
    box.pop();
    EXPECT_FALSE(box.park());
    EXPECT_EQ(box.next(), Event::kStop);
}

}  // namespace
