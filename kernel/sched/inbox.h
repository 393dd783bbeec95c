// Inbox: what waits for an actor — messages, transfers, a tick, the request to stop — and which of them is
// next. Pure. Callers: Actor, under its lock; host tests. Locks, context: none of its own; the owner
// serialises. No allocation.
#pragma once

#include <array>

#include "base/list.h"
#include "base/types.h"

namespace sched {

enum class Event : u8 { kNone, kStop, kTick, kMessage, kTransfer };
// What became of something that was put in. kWake: the actor slept, and whoever put it in must wake it.
enum class Put : u8 { kQueued, kWake, kFull };

struct InboxFigures {
    u64 messages = 0;  // taken in since the start
    u64 dropped = 0;   // not taken in, for the inbox was full or closed
    u32 deepest = 0;   // most messages that ever waited
    u32 waiting = 0;
};

template <typename Message, u32 kCapacity>
class Inbox {
    static_assert(kCapacity > 0);

  public:
    Put post(const Message& message) {
        if (count_ == kCapacity || stopping_) {
            figures_.dropped++;
            return Put::kFull;
        }
        ring_[(first_ + count_) % kCapacity] = message;
        count_++;
        figures_.messages++;
        if (count_ > figures_.deepest) figures_.deepest = count_;
        return put();
    }
    // `kFull`: it is closed.
    Put add_transfer() {
        if (stopping_) return Put::kFull;
        transfers_++;
        return put();
    }
    // Ticks that come before the last one was looked at are one.
    Put tick() {
        tick_ = true;
        return put();
    }
    Put stop() {
        stopping_ = true;
        return put();
    }

    // What the actor does next; the event is then used up, but for a message, which stays until pop(). Ticks
    // come first, for there is a bounded number; messages and transfers take turns. The end comes when the
    // messages that were taken in are done.
    Event next() {
        if (tick_) {
            tick_ = false;
            return Event::kTick;
        }
        if (transfers_ != 0 && (count_ == 0 || transfer_turn_)) {
            transfers_--;
            transfer_turn_ = false;
            return Event::kTransfer;
        }
        if (count_ != 0) {
            transfer_turn_ = true;
            return Event::kMessage;
        }
        return stopping_ ? Event::kStop : Event::kNone;
    }
    const Message& front() const { return ring_[first_]; }
    void pop() {
        first_ = (first_ + 1) % kCapacity;
        count_--;
    }
    // The actor wants to sleep. False: there is something to do.
    bool park() {
        if (tick_ || stopping_ || count_ != 0 || transfers_ != 0) return false;
        parked_ = true;
        return true;
    }
    InboxFigures figures() const {
        InboxFigures f = figures_;
        f.waiting = count_;
        return f;
    }

  private:
    Put put() {
        if (!parked_) return Put::kQueued;
        parked_ = false;
        return Put::kWake;
    }

    std::array<Message, kCapacity> ring_{};
    u32 first_ = 0, count_ = 0, transfers_ = 0;
    bool tick_ = false, stopping_ = false, parked_ = false, transfer_turn_ = false;
    InboxFigures figures_;
};

}  // namespace sched
