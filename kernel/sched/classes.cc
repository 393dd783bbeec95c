// The scheduling classes: thin glue between the queues' policies and the run queue.
#include "sched/run_queue.h"
#include "sched/scheduler.h"

namespace sched {
namespace {

// ---- Real time: FIFO and round robin ----
bool rt_enqueue(RunQueue& rq, Thread& t, bool) {
    rq.real_time.push(t, false);
    return true;
}
bool rt_dequeue(RunQueue& rq, Thread& t) {
    if (t.rt_node.linked()) rq.real_time.remove(t);
    return true;
}
// Those who have used up their part of the period let the others come first, if there are any.
Thread* rt_take(RunQueue& rq) {
    RtEntity* e = rq.real_time.first();
    if (e == nullptr || (rq.rt_budget.throttled() && rq.fair.waiting() != 0)) return nullptr;
    rq.real_time.remove(*e);
    return static_cast<Thread*>(e);
}
bool rt_put_back(RunQueue& rq, Thread& t, bool at_front) {
    const bool used_up = t.rt_left <= 0;
    if (used_up) t.rt_left = kRoundRobinSliceNs;
    rq.real_time.push(t, at_front && !used_up);
    return true;
}
bool rt_charge(RunQueue& rq, Thread& t, i64 ns) {
    const bool throttled = rq.rt_budget.charge(t.run_since, ns, rt_limit());
    if (t.policy != Policy::kRoundRobin) return throttled;
    t.rt_left -= ns;
    return t.rt_left <= 0 || throttled;
}
bool rt_preempts(const RunQueue&, const Thread& woken, const Thread& running) {
    return woken.rt_priority > running.rt_priority;
}
void rt_yield(RunQueue&, Thread& t) { t.rt_left = 0; }

// ---- Fair ----
bool fair_enqueue(RunQueue& rq, Thread& t, bool woken) {
    rq.fair.enqueue(t, woken);
    return true;
}
bool fair_dequeue(RunQueue& rq, Thread& t) {
    rq.fair.dequeue(t);
    return true;
}
Thread* fair_take(RunQueue& rq) { return static_cast<Thread*>(rq.fair.take_next()); }
bool fair_put_back(RunQueue& rq, Thread& t, bool) {
    rq.fair.put_back(t);
    return true;
}
bool fair_charge(RunQueue& rq, Thread& t, i64 ns) { return rq.fair.charge(t, ns); }
bool fair_preempts(const RunQueue& rq, const Thread& woken, const Thread& running) {
    if (woken.policy == Policy::kBatch || woken.policy == Policy::kIdle)
        return running.policy == Policy::kIdle && woken.policy != Policy::kIdle;
    return running.policy == Policy::kIdle || rq.fair.preempts(woken, running);
}
void fair_yield(RunQueue& rq, Thread& t) { rq.fair.yield(t); }

// ---- Idle: the CPU's own idle thread, which is never enqueued ----
bool idle_enqueue(RunQueue&, Thread&, bool) { return false; }
bool idle_dequeue(RunQueue&, Thread&) { return false; }
Thread* idle_take(RunQueue& rq) { return rq.idle; }
bool idle_put_back(RunQueue&, Thread&, bool) { return false; }
bool idle_charge(RunQueue&, Thread&, i64) { return false; }
bool idle_preempts(const RunQueue&, const Thread&, const Thread&) { return false; }
void idle_yield(RunQueue&, Thread&) {}

constexpr ClassOps kRealTimeClass{&rt_enqueue, &rt_dequeue,  &rt_take, &rt_put_back,
                                  &rt_charge,  &rt_preempts, &rt_yield};
constexpr ClassOps kFairClass{&fair_enqueue, &fair_dequeue,  &fair_take, &fair_put_back,
                              &fair_charge,  &fair_preempts, &fair_yield};
constexpr ClassOps kIdleClass{&idle_enqueue, &idle_dequeue,  &idle_take, &idle_put_back,
                              &idle_charge,  &idle_preempts, &idle_yield};

}  // namespace

constinit const std::array<const ClassOps*, 4> kClasses = {&kDeadlineClass, &kRealTimeClass, &kFairClass, &kIdleClass};

}  // namespace sched
