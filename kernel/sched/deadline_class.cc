// The deadline class: glue between DeadlineQueue and the run queue, and the moments at which it needs the CPU's clock.
#include <limits>

#include "sched/run_queue.h"
#include "time/clock.h"

namespace sched {
namespace {

bool dl_enqueue(RunQueue& rq, Thread& t, bool woken) {
    const i64 now = time::now().ns;
    if (woken && t.policy == Policy::kDeadline && !t.dl_boosted) t.wake(now);
    const bool ready = rq.deadlines.insert(t, now);
    if (!ready) resched(rq);  // its CPU must hear of the moment
    return ready;
}
bool dl_dequeue(RunQueue& rq, Thread& t) { return rq.deadlines.remove(t) || &t == rq.current; }
Thread* dl_take(RunQueue& rq) {
    DlEntity* e = rq.deadlines.first();
    if (e == nullptr) return nullptr;
    (void)rq.deadlines.remove(*e);
    return static_cast<Thread*>(e);
}
bool dl_put_back(RunQueue& rq, Thread& t, bool) { return rq.deadlines.insert(t, time::now().ns); }
bool dl_charge(RunQueue&, Thread& t, i64 ns) {
    if (t.policy != Policy::kDeadline) return false;  // with a deadline that was lent
    return t.charge(ns);
}
bool dl_preempts(const RunQueue&, const Thread& woken, const Thread& running) {
    return woken.order() - running.order() < 0;
}
// Gives up the rest of this instance.
void dl_yield(RunQueue&, Thread& t) { t.dl_left = std::min<i64>(t.dl_left, 0); }

}  // namespace

constinit const ClassOps kDeadlineClass = {&dl_enqueue, &dl_dequeue,  &dl_take, &dl_put_back,
                                           &dl_charge,  &dl_preempts, &dl_yield};

i64 next_class_event(const RunQueue& rq) {
    i64 next = rq.deadlines.next_event();
    const Thread& running = *rq.current;
    // One that has used up its time is on its way out: a moment in the past would come again and again until then.
    if (running.sched_class == Class::kDeadline && !running.dl_boosted && !running.used_up())
        next = std::min(next, running.run_since + running.dl_left);
    if (rq.rt_budget.throttled()) next = std::min(next, rq.rt_budget.end());
    return next;
}

void run_class_events(RunQueue& rq, i64 now_ns) {
    if (rq.rt_budget.throttled() && rq.rt_budget.end() - now_ns <= 0) {
        rq.rt_budget.lift();
        if (rq.real_time.waiting() != 0) resched(rq);
    }
    while (DlEntity* e = rq.deadlines.take_rested(now_ns)) {
        Thread& t = *static_cast<Thread*>(e);
        enqueue(rq, t, false);
        preempt_check(rq, t);
    }
}

}  // namespace sched
