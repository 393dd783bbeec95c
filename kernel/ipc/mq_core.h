// A POSIX message queue: messages by priority, and who waits to send or to receive one; pure.
// Callers: ipc/mqueue; the host test.
// Locks, context: the queue's lock held throughout. Nothing allocates; messages are made and freed by the caller.
#pragma once

#include "base/list.h"
#include "base/own.h"
#include "base/rb_tree.h"
#include "base/vector.h"

namespace ipc::mq {

struct Message {
    u32 priority = 0;
    Vector<u8> text;
    RbNode node;
};

// A thread that waits, with the message it sends or, once ended, the one it was given.
struct Waiter {
    Own<Message> message;
    i32 urgency = 0;  // of the thread: greater ones are served first, equal ones in the order of coming
    bool ended = false;
    ListNode node;
    void (*on_end)(Waiter&) = nullptr;
};

class MessageQueue {
  public:
    MessageQueue(u64 most, u64 longest) : most_(most), longest_(longest) {}
    ~MessageQueue();

    enum class Sent : u8 { kQueued, kHandedOver, kFull };
    // Takes the message, unless the queue is full: then the sender may wait_to_send().
    Sent send(Own<Message>& message);
    // The most urgent message; the first sender that waits has its own queued. Null: none, so wait_to_receive().
    Own<Message> receive();
    void wait_to_send(Waiter& w) { add(senders_, w); }
    void wait_to_receive(Waiter& w) { add(receivers_, w); }
    static void give_up(Waiter& w) { w.node.unlink(); }

    u64 most() const { return most_; }
    u64 longest() const { return longest_; }
    u64 count() const { return count_; }
    u64 bytes() const { return bytes_; }
    bool full() const { return count_ == most_; }

  private:
    struct ByPriority {
        static bool less(const Message& a, const Message& b) { return a.priority > b.priority; }
    };
    using Waiters = IntrusiveList<Waiter, &Waiter::node>;
    static void add(Waiters& list, Waiter& w);
    void put(Own<Message> message);

    RbTree<Message, &Message::node, ByPriority> messages_;
    Waiters senders_, receivers_;
    const u64 most_, longest_;
    u64 count_ = 0, bytes_ = 0;
};

}  // namespace ipc::mq
