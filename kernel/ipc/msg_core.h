// A System V message queue: messages and those who wait to send or to receive one; pure.
// Callers: ipc/msg; the host test.
// Locks, context: the queue's lock held throughout. Nothing allocates; messages are made and freed by the caller.
#pragma once

#include <optional>

#include "abi/linux/ipc.h"
#include "base/list.h"
#include "base/own.h"
#include "base/vector.h"

namespace ipc::msg {

struct Message {
    i64 type = 0;
    Vector<u8> text;
    ListNode node;
};
using MessageList = IntrusiveList<Message, &Message::node>;

// One msgsnd under way.
struct Send {
    Own<Message> message;  // the queue's once it was sent
    i32 pid = 0;
    // The end, once known: success, EIDRM, or EAGAIN when permissions have changed and it must be asked anew.
    std::optional<Result<void>> end;
    ListNode node;
    void (*on_end)(Send&) = nullptr;
};

// Which messages a msgrcv wants.
struct Selection {
    enum class Kind : u8 { kAny, kEqual, kNotEqual, kLowest } kind = Kind::kAny;
    i64 type = 0;

    static Selection of(i64 type, u32 flags);
    bool takes(i64 candidate) const;
};

// One msgrcv under way.
struct Receive {
    Selection wanted;
    u64 room = 0;
    bool may_cut = false;  // MSG_NOERROR; otherwise E2BIG leaves a longer message where it is
    i32 pid = 0;
    std::optional<Result<Own<Message>>> end;  // as Send::end
    ListNode node;
    void (*on_end)(Receive&) = nullptr;
};

class MessageQueue {
  public:
    // Without an end the request waits; give_up() takes it back.
    void send(Send& send, i64 now_s);
    void receive(Receive& receive, i64 now_s);
    static void give_up(Send& send) { send.node.unlink(); }
    static void give_up(Receive& receive) { receive.node.unlink(); }
    // MSG_COPY: the `index`-th message, counted from 0; null: there are fewer.
    const Message* at(i64 index) const;
    // IPC_SET: a new limit, and who waits asks anew.
    void set_limit(u64 bytes);
    // All who wait end with EIDRM; the messages are the caller's to free.
    void remove(MessageList& messages);

    u64 limit = 0;  // of bytes, and of messages
    u64 bytes = 0, count = 0;
    i64 sent_s = 0, received_s = 0;
    i32 last_sender = 0, last_receiver = 0;

  private:
    bool fits(const Message& m) const { return m.text.size() + bytes <= limit && count + 1 <= limit; }
    Message* find(const Selection& wanted) const;
    bool try_receive(Receive& receive, i64 now_s);
    bool hand_over(Send& send, i64 now_s);
    void put(Send& send, i64 now_s);
    void admit_senders(i64 now_s);
    void end_all(Errno why);

    MessageList messages_;
    IntrusiveList<Send, &Send::node> senders_;
    IntrusiveList<Receive, &Receive::node> receivers_;
};

}  // namespace ipc::msg
