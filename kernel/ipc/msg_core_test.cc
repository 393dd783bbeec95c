#include <gtest/gtest.h>

#include "ipc/msg_core.h"

namespace {

using namespace ipc::msg;

struct Sending : Send {
    Sending(i64 type, usize size) {
        message = must(make_own<Message>(), "message");
        message->type = type;
        EXPECT_TRUE(message->text.try_resize(size).ok());
        on_end = [](Send& s) { static_cast<Sending&>(s).woken = true; };
    }
    bool done() const { return end.has_value() && end->ok(); }
    bool woken = false;
};
struct Receiving : Receive {
    explicit Receiving(i64 type, u32 flags = 0, u64 size = 100) {
        wanted = Selection::of(type, flags);
        room = size;
        may_cut = (flags & abi::MSG_NOERROR) != 0;
        on_end = [](Receive& r) { static_cast<Receiving&>(r).woken = true; };
    }
    bool failed(Errno e) const { return end.has_value() && !end->ok() && end->error() == e; }
    i64 type() const { return end.has_value() && end->ok() ? (**end)->type : -1; }
    bool woken = false;
};

struct MsgCore : testing::Test {
    MsgCore() { queue.limit = 100; }
    ~MsgCore() override {
        MessageList rest;
        queue.remove(rest);
        while (Own<Message> m{rest.pop_front()}) {}
    }
    void send(i64 type, usize size = 1) {
        Sending s(type, size);
        queue.send(s, 1);
        EXPECT_TRUE(s.done());
    }
    i64 take(i64 type, u32 flags = 0) {
        Receiving r(type, flags);
        queue.receive(r, 2);
        if (!r.end) queue.give_up(r);
        return r.type();
    }
    MessageQueue queue;
};

TEST_F(MsgCore, Selection) {
    for (i64 type : {3, 1, 2, 1, 7}) send(type);
    EXPECT_EQ(queue.at(2)->type, 2);
    EXPECT_EQ(queue.at(5), nullptr);
    EXPECT_EQ(queue.at(-1), nullptr);
    EXPECT_EQ(take(5), -1);
    EXPECT_EQ(take(-2), 1);
    EXPECT_EQ(take(3, abi::MSG_EXCEPT), 2);
    EXPECT_EQ(take(std::numeric_limits<i64>::min()), 1);
    EXPECT_EQ(take(0), 3);
    EXPECT_EQ(take(7), 7);
    EXPECT_EQ(queue.count, 0u);
    EXPECT_EQ(queue.bytes, 0u);
}

TEST_F(MsgCore, HandedToWhoWaits) {
    Receiving wants_two(2), small(0, 0, 3), any(0);
    queue.receive(wants_two, 1), queue.receive(small, 1), queue.receive(any, 1);
    send(5, 10);
    EXPECT_TRUE(small.failed(Errno::k2BIG) && small.woken);
    EXPECT_EQ(any.type(), 5);
    EXPECT_FALSE(wants_two.end.has_value());
    send(4);
    EXPECT_EQ(queue.count, 1u);
    send(2);
    EXPECT_EQ(wants_two.type(), 2);
    EXPECT_EQ(queue.count, 1u);
}

TEST_F(MsgCore, SendersWaitForRoom) {
    send(1, 60);
    Sending big(2, 50), small(3, 40);
    queue.send(big, 1);
    queue.send(small, 1);
    EXPECT_TRUE(small.done() && !big.end.has_value());
    EXPECT_EQ(take(1), 1);
    EXPECT_TRUE(big.done() && big.woken);
    EXPECT_EQ(queue.bytes, 90u);
    EXPECT_EQ(take(0), 3);
    EXPECT_EQ(take(0), 2);
}

TEST_F(MsgCore, TooLongStays) {
    send(1, 10);
    Receiving r(0, 0, 9);
    queue.receive(r, 1);
    EXPECT_TRUE(r.failed(Errno::k2BIG));
    EXPECT_EQ(take(0), 1);
}

TEST_F(MsgCore, NewLimitAsksAnewRemovalEnds) {
    Receiving r(0);
    Sending s(1, 101);
    queue.receive(r, 1), queue.send(s, 1);
    queue.set_limit(200);
    EXPECT_TRUE(r.failed(Errno::kAGAIN));
    EXPECT_EQ(s.end->error(), Errno::kAGAIN);
    s.end.reset();
    queue.send(s, 1);
    EXPECT_TRUE(s.done());
    Receiving last(9);
    queue.receive(last, 1);
    MessageList rest;
    queue.remove(rest);
    EXPECT_TRUE(last.failed(Errno::kIDRM));
    Own<Message> m(rest.pop_front());
    EXPECT_EQ(m->text.size(), 101u);
}

}  // namespace
