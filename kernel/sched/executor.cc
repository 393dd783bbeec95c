#include "sched/executor.h"

#include "base/format.h"
#include "sched/scheduler.h"
#include "time/clock.h"

namespace sched {
namespace {

// Above all ordinary threads, as an interrupt's second half, yet in the fair class: one that hangs starves
// nobody.
constexpr int kNice = -20;

void add(std::atomic<u64>& figure, u64 n) {
    figure.store(figure.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
}

}  // namespace

Worker::Worker()
    : Strand([](Strand& s) {
          Worker& self = static_cast<Worker&>(s);
          self.home->post(self);
      }) {}

Result<void> Executor::start(u32 cpu) {
    FixedString<15> name;
    base::format_to(name, "actors/{}", cpu);
    Thread* t = TRY(create_kernel_thread(name.view(), &run, this));
    // A timer that a strand arms then fires on the CPU that runs the strand, so never beside it.
    t->affinity.clear_all();
    t->affinity.set(cpu);
    t->flags.fetch_or(flag::kPinned, std::memory_order_relaxed);
    set_nice(*t, kNice);
    thread_ = t;
    sched::start(*t);
    return {};
}

void Executor::post(Worker& worker) {
    {
        auto ready = ready_.lock();
        ready->push_back(worker);
    }
    wake(*thread_, state::kIdleWait);
}

bool Executor::take(List& batch) {
    auto ready = ready_.lock();
    batch.splice_back(*ready);
    return !batch.empty();
}

void Executor::run(void* self) {
    Executor& executor = *static_cast<Executor*>(self);
    Thread& thread = current();
    List batch;
    for (;;) {
        set_state(thread, state::kIdleWait);
        if (!executor.take(batch)) {
            schedule();
            continue;
        }
        set_running(thread);
        // What is posted meanwhile comes behind the batch: everyone has a turn.
        while (Strand* strand = batch.pop_front()) {
            run_one(static_cast<Worker&>(*strand));
            cond_resched();
        }
    }
}

void Executor::run_one(Worker& worker) {
    const Instant begin = time::now();
    worker.run_on();
    const u64 ran = static_cast<u64>((time::now() - begin).ns);
    add(worker.runs, 1);
    add(worker.run_ns, ran);
    if (ran > worker.longest_ns.load(std::memory_order_relaxed))
        worker.longest_ns.store(ran, std::memory_order_relaxed);
    if (worker.finished(worker)) worker.ended(worker);
}

}  // namespace sched
