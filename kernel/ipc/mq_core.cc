// Source: Linux 6.1 ipc/mqueue.c (pipelined_send, pipelined_receive, wq_add).
#include "ipc/mq_core.h"

namespace ipc::mq {

MessageQueue::~MessageQueue() {
    while (Message* m = messages_.first()) {
        messages_.remove(*m);
        Own<Message> gone(m);
    }
}

void MessageQueue::put(Own<Message> message) {
    count_++;
    bytes_ += message->text.size();
    messages_.insert(*message.release());
}

MessageQueue::Sent MessageQueue::send(Own<Message>& message) {
    if (full()) return Sent::kFull;
    if (Waiter* w = receivers_.pop_front()) {
        w->message = std::move(message);
        w->ended = true;
        w->on_end(*w);
        return Sent::kHandedOver;
    }
    put(std::move(message));
    return Sent::kQueued;
}

Own<Message> MessageQueue::receive() {
    Own<Message> m(messages_.first());
    if (!m) return m;
    messages_.remove(*m);
    count_--;
    bytes_ -= m->text.size();
    if (Waiter* w = senders_.pop_front()) {
        put(std::move(w->message));
        w->ended = true;
        w->on_end(*w);
    }
    return m;
}

void MessageQueue::add(Waiters& list, Waiter& w) {
    for (Waiter& other : list) {
        if (other.urgency >= w.urgency) continue;
        Waiters::insert_before(other, w);
        return;
    }
    list.push_back(w);
}

}  // namespace ipc::mq
