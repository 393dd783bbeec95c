#include <gtest/gtest.h>

#include "ipc/mq_core.h"

namespace {

using namespace ipc::mq;

Own<Message> message(u32 priority, usize size = 1) {
    Own<Message> m = must(make_own<Message>(), "message");
    m->priority = priority;
    EXPECT_TRUE(m->text.try_resize(size).ok());
    return m;
}
struct Thread : Waiter {
    explicit Thread(i32 u = 0) {
        urgency = u;
        on_end = [](Waiter& w) { static_cast<Thread&>(w).woken = true; };
    }
    bool woken = false;
};

TEST(MqCore, ByPriorityThenAge) {
    MessageQueue q(10, 100);
    for (u32 p : {1, 5, 1, 9, 5}) {
        Own<Message> m = message(p, q.count() + 1);
        EXPECT_EQ(q.send(m), MessageQueue::Sent::kQueued);
    }
    EXPECT_EQ(q.bytes(), 15u);
    const std::array<std::pair<u32, usize>, 5> order{{{9, 4}, {5, 2}, {5, 5}, {1, 1}, {1, 3}}};
    for (auto [priority, size] : order) {
        const Own<Message> m = q.receive();
        EXPECT_EQ(m->priority, priority);
        EXPECT_EQ(m->text.size(), size);
    }
    EXPECT_FALSE(q.receive());
}

TEST(MqCore, FullAndSendersWait) {
    MessageQueue q(1, 100);
    Own<Message> m = message(1);
    EXPECT_EQ(q.send(m), MessageQueue::Sent::kQueued);
    m = message(2);
    EXPECT_EQ(q.send(m), MessageQueue::Sent::kFull);
    ASSERT_TRUE(m);
    Thread late, urgent(5);
    late.message = std::move(m);
    urgent.message = message(3);
    q.wait_to_send(late), q.wait_to_send(urgent);
    EXPECT_EQ(q.receive()->priority, 1u);
    EXPECT_TRUE(urgent.ended && urgent.woken && !late.ended);
    EXPECT_EQ(q.receive()->priority, 3u);
    EXPECT_TRUE(late.ended);
    EXPECT_EQ(q.count(), 1u);
}

TEST(MqCore, ReceiversAreServedByUrgencyThenAge) {
    MessageQueue q(10, 100);
    Thread a, b, urgent(2), gone(9);
    q.wait_to_receive(a), q.wait_to_receive(b), q.wait_to_receive(urgent), q.wait_to_receive(gone);
    MessageQueue::give_up(gone);
    for (Thread* t : {&urgent, &a, &b}) {
        Own<Message> m = message(4);
        EXPECT_EQ(q.send(m), MessageQueue::Sent::kHandedOver);
        EXPECT_TRUE(t->ended && t->message);
    }
    EXPECT_EQ(q.count(), 0u);
}

}  // namespace
