#include "sched/work_queue.h"

namespace sched {

Result<void> WorkQueue::start(std::string_view name, u32 threads) {
    for (u32 i = 0; i < threads; i++) (void)TRY(spawn(name, &run, this));
    return {};
}

bool WorkQueue::submit(Work& work) {
    if (work.pending.exchange(true, std::memory_order_acq_rel)) return false;
    {
        auto s = state_.lock();
        s->list.push_back(work);
    }
    more_.wake_one();
    return true;
}

bool WorkQueue::cancel(Work& work) {
    auto s = state_.lock();
    if (!work.node.linked()) return false;
    work.node.unlink();
    work.pending.store(false, std::memory_order_release);
    return true;
}

void WorkQueue::run(void* self) {
    WorkQueue& queue = *static_cast<WorkQueue*>(self);
    for (;;) {
        Work* work = nullptr;
        queue.more_.wait_idle([&] {
            auto s = queue.state_.lock();
            work = s->list.pop_front();
            if (work != nullptr) s->running++;
            return work != nullptr;
        });
        // Cleared first: from here on the work may be submitted again, or freed by its own function.
        work->pending.store(false, std::memory_order_release);
        work->fn(*work);
        {
            auto s = queue.state_.lock();
            s->running--;
        }
        queue.idle_.wake_all();
    }
}

void WorkQueue::flush() {
    idle_.wait([&] {
        auto s = state_.lock();
        return s->list.empty() && s->running == 0;
    });
}

void DelayedWork::Alarm::ring(Timer& timer) {
    Alarm& a = static_cast<Alarm&>(timer);
    a.queue->submit(*a.work);
}

void submit_at(WorkQueue& queue, DelayedWork& work, Instant when) {
    work.alarm.work = &work;
    work.alarm.queue = &queue;
    arm(work.alarm, when);
}

namespace {
constinit WorkQueue system_queue;
}
WorkQueue& system_work() { return system_queue; }

}  // namespace sched
