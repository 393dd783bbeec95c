// FairQueue: the order in which threads of one CPU share it by weight. Pure policy, tested on the host.
// Callers: sched's run queue alone.
// Locks, context: the run queue's lock. O(log n) insert and remove, O(1) choice.
// Method: weighted fair queueing by virtual finish time. A thread's virtual runtime advances by ran * 1024 / weight;
// its deadline is the virtual runtime at which its present slice is used up; the earliest deadline runs. `virtual_time`
// is the runtime an ideal processor would have given everyone (Parekh and Gallager 1993; Stoica's EEVDF, 1995).
#pragma once

#include <array>

#include "base/rb_tree.h"
#include "base/types.h"

namespace sched {

inline constexpr u32 kNiceZeroWeight = 1024;
inline constexpr i64 kSliceNs = 3'000'000;  // real time that a thread of any weight runs in one go
inline constexpr i64 kWakeupGranularityNs = 1'000'000;

struct FairEntity {
    RbNode fair_node;
    i64 vruntime = 0;  // ns of its queue's virtual time
    i64 deadline = 0;
    u32 weight = kNiceZeroWeight;
    u32 inverse = 1u << 22;  // 2^32 / weight
};

// Weight of a nice value, -20 … 19: each step is about 10 % of a CPU (Linux: sched_prio_to_weight).
u32 weight_of_nice(int nice);
void set_weight(FairEntity& e, u32 weight);

class FairQueue {
  public:
    constexpr FairQueue() = default;

    // A thread becomes runnable here. `woken`: it slept, and is placed no further back than one slice of credit.
    void enqueue(FairEntity& e, bool woken);
    // A thread stops being runnable here; running (current) or waiting.
    void dequeue(FairEntity& e);
    // A thread that runs already becomes one of this queue's.
    void add_running(FairEntity& e) {
        count_++;
        load_ += e.weight;
    }
    // The one to run next, or null. It leaves the waiting tree but stays counted.
    FairEntity* take_next();
    // The running one goes back among the waiting.
    void put_back(FairEntity& e);
    // `e`, which runs, ran for `ns`. True when its slice is used up.
    bool charge(FairEntity& e, i64 ns);
    // Whether `woken` should run instead of the running `current` at once.
    bool preempts(const FairEntity& woken, const FairEntity& current) const {
        return woken.vruntime + ((kWakeupGranularityNs * i64{woken.inverse}) >> 22) < current.vruntime;
    }
    // The running one gives up the rest of its slice.
    void yield(FairEntity& e);
    // Weight change of an entity in this queue.
    void reweight(FairEntity& e, u32 weight);

    // Moving a thread that is not enqueued to another queue: leave the old one's virtual time, join the new one's.
    void leave(FairEntity& e) const { e.vruntime -= virtual_time_, e.deadline -= virtual_time_; }
    void join(FairEntity& e) const { e.vruntime += virtual_time_, e.deadline += virtual_time_; }

    FairEntity* first_waiting() const { return leftmost_; }
    // The waiting one that would run last: the best to be moved to another CPU.
    FairEntity* last_waiting() const { return tree_.last(); }
    FairEntity* before(FairEntity& e) const { return Tree::prev(e); }
    u32 count() const { return count_; }  // waiting and running
    u32 waiting() const { return waiting_; }
    u64 load() const { return load_; }  // sum of weights
    i64 virtual_time() const { return virtual_time_; }

  private:
    struct Order {
        static bool less(const FairEntity& a, const FairEntity& b) { return a.deadline - b.deadline < 0; }
    };
    using Tree = RbTree<FairEntity, &FairEntity::fair_node, Order>;
    void insert(FairEntity& e);
    void remove(FairEntity& e);
    static i64 scale(i64 ns, const FairEntity& e) {
        return e.weight == kNiceZeroWeight ? ns : static_cast<i64>((static_cast<__int128>(ns) * e.inverse) >> 22);
    }

    Tree tree_;
    FairEntity* leftmost_ = nullptr;
    u32 count_ = 0;
    u32 waiting_ = 0;
    u64 load_ = 0;
    i64 virtual_time_ = 0;
};

}  // namespace sched
