// SCHED_DEADLINE: earliest deadline first among constant bandwidth servers. Pure policy, tested on the host.
// Callers: sched's run queue; sched/policy for admission.
// Locks, context: the run queue's lock; DlBandwidth has its own around it. O(log n).
// Source: Abeni, Buttazzo, Integrating Multimedia Applications in Hard Real-Time Systems (1998); Linux 6.1
// Documentation/scheduler/sched-deadline.rst.
#pragma once

#include <algorithm>
#include <atomic>
#include <limits>

#include "base/rb_tree.h"
#include "base/result.h"
#include "base/types.h"

namespace sched {

// Nanoseconds: `runtime` of CPU in each `period`, within `deadline` of its beginning. SCHED_FLAG_* that concern it.
struct DlParameters {
    u64 runtime = 0, deadline = 0, period = 0;
    u64 flags = 0;
    bool operator==(const DlParameters&) const = default;
    // What sched_setattr(2) takes; a period of 0 stands for the deadline. EINVAL.
    Result<DlParameters> checked() const;
    // Share of a CPU, 20 fraction bits.
    u64 share() const { return period == 0 ? 0 : (runtime << 20) / period; }
};

struct DlEntity {
    RbNode dl_node;           // in one of DeadlineQueue's trees
    DlParameters dl;          // its own; zero: it has another policy
    i64 dl_left = 0;          // ns of this instance's runtime
    i64 dl_at = 0;            // this instance's deadline, ns of the monotonic clock
    bool dl_rests = false;    // used up: among the resting
    bool dl_overran = false;  // since its process was told last
    // Lent by one that waits for it: it has this deadline if it is earlier, and no limit.
    bool dl_boosted = false;
    i64 dl_boost_at = 0;

    i64 order() const { return !dl_boosted ? dl_at : dl.period == 0 ? dl_boost_at : std::min(dl_boost_at, dl_at); }
    bool used_up() const { return dl_left <= 0 && !dl_boosted; }
    // When a new instance may begin.
    i64 next_period() const { return dl_at - static_cast<i64>(dl.deadline) + static_cast<i64>(dl.period); }

    // A new instance, now.
    void begin(i64 now);
    // After a sleep: goes on with the old instance if that does not exceed its share, else begins anew.
    void wake(i64 now);
    // It ran for `ns`. True: used up.
    bool charge(i64 ns);
    // The next instance.
    void replenish(i64 now);
};

class DeadlineQueue {
  public:
    constexpr DeadlineQueue() = default;

    // Among those that may run, or if it is used up among those that rest until their next period; false then.
    bool insert(DlEntity& e, i64 now);
    // Whether it was among those that may run.
    bool remove(DlEntity& e);
    DlEntity* first() const { return ready_.first(); }
    static DlEntity* after(DlEntity& e) { return Ready::next(e); }
    u32 waiting() const { return waiting_; }

    // When the first of those that rest may go on; the end of time: nobody rests. Without the lock: a moment old.
    i64 next_event() const { return next_event_.load(std::memory_order_relaxed); }
    // Takes one whose rest is over, with a new instance; null: none.
    DlEntity* take_rested(i64 now);

  private:
    struct ByDeadline {
        static bool less(const DlEntity& a, const DlEntity& b) { return a.order() - b.order() < 0; }
    };
    struct ByRest {
        static bool less(const DlEntity& a, const DlEntity& b) { return a.next_period() - b.next_period() < 0; }
    };
    using Ready = RbTree<DlEntity, &DlEntity::dl_node, ByDeadline>;
    Ready ready_;
    void note_next_event();
    RbTree<DlEntity, &DlEntity::dl_node, ByRest> resting_;
    std::atomic<i64> next_event_{std::numeric_limits<i64>::max()};
    u32 waiting_ = 0;
};

// How much of the machine may be promised: of each CPU `limit` (20 fraction bits).
class DlBandwidth {
  public:
    // EBUSY: too much. `cpus` online.
    Result<void> change(u64 old_share, u64 new_share, u32 cpus);
    void give_back(u64 share) { total_ -= share; }
    // EBUSY: more is promised already.
    Result<void> set_limit(u64 share, u32 cpus);
    static constexpr u64 kUnlimited = ~u64{0};

  private:
    u64 limit_ = (u64{950'000} << 20) / 1'000'000;
    u64 total_ = 0;
};

}  // namespace sched
