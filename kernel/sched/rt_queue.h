// RealTimeQueue: FIFO lists of the real-time priorities 1 (lowest) to 99. Pure policy, tested on the host.
// Callers: sched's run queue alone.
// Locks, context: the run queue's lock. O(1).
#pragma once

#include <array>

#include "base/bitmap.h"
#include "base/list.h"

namespace sched {

inline constexpr i64 kRoundRobinSliceNs = 100'000'000;  // sched_rr_get_interval of Linux: 100 ms

struct RtEntity {
    ListNode rt_node;
    u8 rt_priority = 0;  // 1..99
    i64 rt_left = kRoundRobinSliceNs;
};

class RealTimeQueue {
  public:
    constexpr RealTimeQueue() = default;
    void push(RtEntity& e, bool at_front) {
        List& list = lists_[e.rt_priority];
        at_front ? list.push_front(e) : list.push_back(e);
        present_.set(slot(e.rt_priority));
        count_++;
    }
    void remove(RtEntity& e) {
        List& list = lists_[e.rt_priority];
        List::remove(e);
        if (list.empty()) present_.clear(slot(e.rt_priority));
        count_--;
    }
    // The first of the highest priority that waits, or null; it stays in.
    RtEntity* first() const {
        const usize i = present_.find_set();
        return i == present_.kNone ? nullptr : lists_[kLevels - 1 - i].front();
    }
    u32 waiting() const { return count_; }

  private:
    static constexpr usize kLevels = 100;
    static usize slot(u8 priority) { return kLevels - 1 - priority; }
    using List = IntrusiveList<RtEntity, &RtEntity::rt_node>;
    std::array<List, kLevels> lists_;
    Bitmap<kLevels> present_;
    u32 count_ = 0;
};

// The part of each period that real-time threads may take from others (sched_rt_runtime_us). Nanoseconds.
struct RtLimit {
    static constexpr i64 kUnlimited = -1;
    i64 period = 1'000'000'000, runtime = 950'000'000;
};

// What they have taken on one CPU.
class RtBudget {
  public:
    // True: used up.
    bool charge(i64 now, i64 ns, const RtLimit& limit) {
        if (now - end_ >= 0) {
            end_ = now + limit.period;
            used_ = 0;
        }
        used_ += ns;
        throttled_ = limit.runtime != RtLimit::kUnlimited && used_ > limit.runtime;
        return throttled_;
    }
    // Until then others come first.
    bool throttled() const { return throttled_; }
    i64 end() const { return end_; }
    void lift() { throttled_ = false; }

  private:
    i64 end_ = 0, used_ = 0;
    bool throttled_ = false;
};

}  // namespace sched
