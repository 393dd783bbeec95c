// The scheduling classes: thin glue between the queues' policies and the run queue.
#include "sched/run_queue.h"

namespace sched {
namespace {

// ---- Real time: FIFO and round robin ----
void rt_enqueue(RunQueue& rq, Thread& t, bool) { rq.real_time.push(t, false); }
void rt_dequeue(RunQueue& rq, Thread& t) {
    if (t.rt_node.linked()) rq.real_time.remove(t);
}
Thread* rt_take(RunQueue& rq) {
    RtEntity* e = rq.real_time.first();
    if (e == nullptr) return nullptr;
    rq.real_time.remove(*e);
    return static_cast<Thread*>(e);
}
void rt_put_back(RunQueue& rq, Thread& t, bool at_front) {
    const bool used_up = t.rt_left <= 0;
    if (used_up) t.rt_left = kRoundRobinSliceNs;
    rq.real_time.push(t, at_front && !used_up);
}
bool rt_charge(RunQueue&, Thread& t, i64 ns) {
    if (t.policy != Policy::kRoundRobin) return false;
    t.rt_left -= ns;
    return t.rt_left <= 0;
}
bool rt_preempts(const RunQueue&, const Thread& woken, const Thread& running) {
    return woken.rt_priority > running.rt_priority;
}
void rt_yield(RunQueue&, Thread& t) { t.rt_left = 0; }

// ---- Fair ----
void fair_enqueue(RunQueue& rq, Thread& t, bool woken) { rq.fair.enqueue(t, woken); }
void fair_dequeue(RunQueue& rq, Thread& t) { rq.fair.dequeue(t); }
Thread* fair_take(RunQueue& rq) { return static_cast<Thread*>(rq.fair.take_next()); }
void fair_put_back(RunQueue& rq, Thread& t, bool) { rq.fair.put_back(t); }
bool fair_charge(RunQueue& rq, Thread& t, i64 ns) { return rq.fair.charge(t, ns); }
bool fair_preempts(const RunQueue& rq, const Thread& woken, const Thread& running) {
    if (woken.policy == Policy::kBatch || woken.policy == Policy::kIdle)
        return running.policy == Policy::kIdle && woken.policy != Policy::kIdle;
    return running.policy == Policy::kIdle || rq.fair.preempts(woken, running);
}
void fair_yield(RunQueue& rq, Thread& t) { rq.fair.yield(t); }

// ---- Idle: the CPU's own idle thread, which is never enqueued ----
void idle_enqueue(RunQueue&, Thread&, bool) {}
void idle_dequeue(RunQueue&, Thread&) {}
Thread* idle_take(RunQueue& rq) { return rq.idle; }
void idle_put_back(RunQueue&, Thread&, bool) {}
bool idle_charge(RunQueue&, Thread&, i64) { return false; }
bool idle_preempts(const RunQueue&, const Thread&, const Thread&) { return false; }
void idle_yield(RunQueue&, Thread&) {}

}  // namespace

constinit const std::array<ClassOps, 3> kClasses = {{
    {&rt_enqueue, &rt_dequeue, &rt_take, &rt_put_back, &rt_charge, &rt_preempts, &rt_yield},
    {&fair_enqueue, &fair_dequeue, &fair_take, &fair_put_back, &fair_charge, &fair_preempts, &fair_yield},
    {&idle_enqueue, &idle_dequeue, &idle_take, &idle_put_back, &idle_charge, &idle_preempts, &idle_yield},
}};

}  // namespace sched
