// Source: Linux 6.1 ipc/msg.c (convert_mode, testmsg, find_msg, pipelined_send).
#include "ipc/msg_core.h"

#include <limits>

namespace ipc::msg {

Selection Selection::of(i64 type, u32 flags) {
    if (type == 0) return {Kind::kAny, 0};
    if (type < 0)
        return {Kind::kLowest, type == std::numeric_limits<i64>::min() ? std::numeric_limits<i64>::max() : -type};
    return {(flags & abi::MSG_EXCEPT) != 0 ? Kind::kNotEqual : Kind::kEqual, type};
}

bool Selection::takes(i64 candidate) const {
    switch (kind) {
        case Kind::kAny: return true;
        case Kind::kEqual: return candidate == type;
        case Kind::kNotEqual: return candidate != type;
        case Kind::kLowest: return candidate <= type;
    }
    return false;
}

// The first that is wanted; of the lowest type, for kLowest.
Message* MessageQueue::find(const Selection& wanted) const {
    Message* found = nullptr;
    for (Message& m : messages_) {
        if (!wanted.takes(m.type)) continue;
        if (wanted.kind != Selection::Kind::kLowest) return &m;
        if (found == nullptr || m.type < found->type) found = &m;
    }
    return found;
}

const Message* MessageQueue::at(i64 index) const {
    for (const Message& m : messages_) {
        if (index-- == 0) return &m;
    }
    return nullptr;
}

void MessageQueue::send(Send& send, i64 now_s) {
    if (fits(*send.message)) {
        put(send, now_s);
    } else {
        senders_.push_back(send);
    }
}

void MessageQueue::put(Send& send, i64 now_s) {
    last_sender = send.pid;
    sent_s = now_s;
    send.end = Result<void>();
    if (hand_over(send, now_s)) return;
    bytes += send.message->text.size();
    count++;
    messages_.push_back(*send.message.release());
}

// To the first that waits for it. Who has no room for it hears that, and the next may have it.
bool MessageQueue::hand_over(Send& send, i64 now_s) {
    for (Receive& r : receivers_) {
        if (!r.wanted.takes(send.message->type)) continue;
        r.node.unlink();
        const bool too_long = r.room < send.message->text.size() && !r.may_cut;
        if (too_long) {
            r.end = Errno::k2BIG;
        } else {
            last_receiver = r.pid;
            received_s = now_s;
            r.end = std::move(send.message);
        }
        r.on_end(r);
        if (!too_long) return true;
    }
    return false;
}

void MessageQueue::receive(Receive& receive, i64 now_s) {
    if (try_receive(receive, now_s)) {
        admit_senders(now_s);
    } else if (!receive.end) {
        receivers_.push_back(receive);
    }
}

// True: a message was taken out.
bool MessageQueue::try_receive(Receive& receive, i64 now_s) {
    Message* found = find(receive.wanted);
    if (found == nullptr) return false;
    if (receive.room < found->text.size() && !receive.may_cut) {
        receive.end = Errno::k2BIG;
        return false;
    }
    found->node.unlink();
    bytes -= found->text.size();
    count--;
    last_receiver = receive.pid;
    received_s = now_s;
    receive.end = Own<Message>(found);
    return true;
}

// There is room again: what fits goes in, in the order of coming.
void MessageQueue::admit_senders(i64 now_s) {
    for (Send& s : senders_) {
        if (!fits(*s.message)) continue;
        s.node.unlink();
        put(s, now_s);
        s.on_end(s);
    }
}

void MessageQueue::end_all(Errno why) {
    while (Receive* r = receivers_.pop_front()) {
        r->end = why;
        r->on_end(*r);
    }
    while (Send* s = senders_.pop_front()) {
        s->end = why;
        s->on_end(*s);
    }
}

void MessageQueue::set_limit(u64 most) {
    limit = most;
    end_all(Errno::kAGAIN);
}

void MessageQueue::remove(MessageList& messages) {
    end_all(Errno::kIDRM);
    messages.splice_back(messages_);
    bytes = count = 0;
}

}  // namespace ipc::msg
