// InotifyQueue: the events that a reader of an inotify file has not taken yet. Pure.
// Callers: ipc/inotify; the host test.
// Locks, context: none; the owner guards it. push() allocates without sleeping when it may not sleep.
#pragma once

#include <algorithm>
#include <string_view>

#include "abi/linux/inotify.h"
#include "base/bytes.h"
#include "base/list.h"
#include "base/own.h"
#include "base/string.h"
#include "vm/user_memory.h"

namespace ipc {

class InotifyQueue {
  public:
    explicit InotifyQueue(u32 most) : most_(most) {}
    ~InotifyQueue() {
        while (Event* e = events_.pop_front()) base::destroy(e);
    }
    InotifyQueue(const InotifyQueue&) = delete;
    InotifyQueue& operator=(const InotifyQueue&) = delete;

    // An event like the last one in the queue is left out; one too many, or one for which there is no memory,
    // becomes a single IN_Q_OVERFLOW (Linux: fsnotify_insert_event, inotify_merge). True: something was
    // added.
    bool push(i32 wd, u32 mask, u32 cookie, std::string_view name) {
        if (count_ >= most_) return overflow();
        if (const Event* last = events_.back()) {
            const bool same = last->head.wd == wd && last->head.mask == mask && last->name.view() == name;
            if (same && (mask & abi::IN_IGNORED) == 0) return false;
        }
        Result<Own<Event>> fresh = make(wd, mask, cookie, name);
        if (!fresh.ok()) return overflow();
        add(fresh.take());
        return true;
    }
    bool empty() const { return count_ == 0; }
    // FIONREAD.
    usize bytes() const { return bytes_; }

    struct Event {
        abi::inotify_event head{};
        String name;
        ListNode node;
        usize bytes() const { return sizeof(abi::inotify_event) + head.len; }
    };
    // The next event if it fits into `room` bytes. Null: none, or (then !empty()) it is too long.
    Own<Event> take(usize room) {
        Event* e = events_.front();
        if (e == nullptr || e->bytes() > room) return nullptr;
        e->node.unlink();
        count_--;
        bytes_ -= e->bytes();
        overflowed_ = overflowed_ && e->head.wd != -1;
        return Own<Event>(e);
    }
    // Lays an event out for the reader: its name is padded with NULs to a multiple of the head's size.
    static Result<void> store(const Event& e, vm::IoWriter& to) {
        TRY(to.write_value(e.head));
        TRY(to.write(base::bytes_of(e.name.view())));
        TRY(to.write_zero(e.head.len - e.name.size()));
        return {};
    }
    static u32 padded(usize name) {
        constexpr usize kUnit = sizeof(abi::inotify_event);
        return name == 0 ? 0 : static_cast<u32>((name + 1 + kUnit - 1) / kUnit * kUnit);
    }
    // For the overflow to come: made in advance. ENOMEM.
    Result<void> init() {
        spare_ = TRY(make(-1, abi::IN_Q_OVERFLOW, 0, {}));
        return {};
    }

  private:
    static Result<Own<Event>> make(i32 wd, u32 mask, u32 cookie, std::string_view name) {
        Own<Event> e = TRY(make_own<Event>());
        TRY(e->name.try_append(name));
        e->head = {.wd = wd, .mask = mask, .cookie = cookie, .len = padded(name.size())};
        return e;
    }
    bool overflow() {
        if (overflowed_) return false;
        Own<Event> e = std::move(spare_);
        if (!e) {
            Result<Own<Event>> fresh = make(-1, abi::IN_Q_OVERFLOW, 0, {});
            if (!fresh.ok()) return false;
            e = fresh.take();
        }
        overflowed_ = true;
        add(std::move(e));
        return true;
    }
    void add(Own<Event> e) {
        count_++;
        bytes_ += e->bytes();
        events_.push_back(*e.release());
    }

    const u32 most_;
    u32 count_ = 0;
    usize bytes_ = 0;
    bool overflowed_ = false;  // the overflow event is in the queue
    Own<Event> spare_;
    IntrusiveList<Event, &Event::node> events_;
};

}  // namespace ipc
