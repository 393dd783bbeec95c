#include <gtest/gtest.h>

#include "ipc/sem_core.h"

namespace {

using ipc::sem::Adjustments;
using ipc::sem::Request;
using ipc::sem::Semaphores;

abi::sembuf op(u16 number, i16 change, int flags = 0) { return {number, change, static_cast<i16>(flags)}; }

struct Call : Request {
    explicit Call(std::initializer_list<abi::sembuf> list, Adjustments* a = nullptr) : kept(list) {
        operations = kept;
        pid = 7;
        undo = a;
        on_end = [](Request& r) { static_cast<Call&>(r).woken = true; };
    }
    bool done() const { return end.has_value() && end->ok(); }
    bool failed(Errno e) const { return end.has_value() && !end->ok() && end->error() == e; }
    std::vector<abi::sembuf> kept;
    bool woken = false;
};

struct SemCore : testing::Test {
    SemCore() { EXPECT_TRUE(set.create(3).ok()); }
    void run(Call& c) { set.submit(c); }
    Semaphores set;
};

TEST_F(SemCore, AllOrNothing) {
    Call a({op(0, 2), op(1, 1)});
    run(a);
    EXPECT_TRUE(a.done());
    Call b({op(0, -1), op(2, -1, abi::IPC_NOWAIT)});
    run(b);
    EXPECT_TRUE(b.failed(Errno::kAGAIN));
    EXPECT_EQ(set.value(0), 2);
    Call c({op(0, -1), op(1, abi::SEMVMX)});
    run(c);
    EXPECT_TRUE(c.failed(Errno::kRANGE));
    EXPECT_EQ(set.value(0), 2);
    EXPECT_EQ(set.pid(1), 7);
    EXPECT_EQ(set.pid(2), 0);
}

TEST_F(SemCore, WaitersGoOnInOrder) {
    Call two({op(0, -2)}), one({op(0, -1), op(1, 1)}), zero({op(1, 0), op(0, 0)});
    Call up({op(1, 1)});
    run(up);
    run(two), run(one), run(zero);
    EXPECT_EQ(set.waiting_for(0, false), 2u);
    EXPECT_EQ(set.waiting_for(1, true), 1u);
    Call give({op(0, 1)});
    run(give);
    EXPECT_TRUE(one.done() && one.woken);
    EXPECT_FALSE(two.end.has_value());
    set.set(1, 0, 9);
    EXPECT_TRUE(zero.done());
    set.set(0, 5, 9);
    EXPECT_TRUE(two.done());
    EXPECT_EQ(set.value(0), 3);
}

TEST_F(SemCore, OneGoesOnByAnother) {
    Call second({op(1, -1)}), first({op(0, -1), op(1, 1)});
    run(second), run(first);
    Call give({op(0, 1)});
    run(give);
    EXPECT_TRUE(first.done() && second.done());
    EXPECT_TRUE(set.take_completed());
    EXPECT_FALSE(set.take_completed());
}

TEST_F(SemCore, Undo) {
    Adjustments a;
    EXPECT_TRUE(a.by.try_resize(3).ok());
    set.undos.push_back(a);
    Call up({op(0, 4, abi::SEM_UNDO), op(1, 3, abi::SEM_UNDO)}, &a);
    run(up);
    EXPECT_EQ(a.by[0], -4);
    Call blocked({op(0, -1, abi::SEM_UNDO), op(2, -1, abi::SEM_UNDO)}, &a);
    run(blocked);
    EXPECT_EQ(a.by[0], -4);
    set.give_up(blocked);
    set.set(1, 1, 9);  // forgets
    Call down({op(0, -2)});
    run(down);
    a.node.unlink();
    set.undo(a, 11);
    EXPECT_EQ(set.value(0), 0);
    EXPECT_EQ(set.value(1), 1);
    EXPECT_EQ(set.pid(0), 11);
}

TEST_F(SemCore, UndoOutOfRange) {
    Adjustments a;
    EXPECT_TRUE(a.by.try_resize(3).ok());
    Call up({op(0, abi::SEMVMX, abi::SEM_UNDO)}, &a), down({op(0, -abi::SEMVMX)});
    Call one({op(0, 1, abi::SEM_UNDO)}, &a), another({op(0, 1, abi::SEM_UNDO)}, &a);
    run(up), run(down), run(one), run(another);
    EXPECT_TRUE(one.done());
    EXPECT_TRUE(another.failed(Errno::kRANGE));
    EXPECT_EQ(set.value(0), 1);
}

TEST_F(SemCore, RemovalEndsAll) {
    Adjustments a;
    EXPECT_TRUE(a.by.try_resize(3).ok());
    set.undos.push_back(a);
    Call waits({op(0, -1)});
    run(waits);
    set.remove();
    EXPECT_TRUE(waits.failed(Errno::kIDRM));
    EXPECT_FALSE(a.node.linked());
}

}  // namespace
