#include "sched/inspect.h"

#include "arch/context.h"
#include "sched/run_queue.h"

namespace sched {

// With its queue locked nobody can wake the thread, and it has left the CPU: the switch away happens under the same lock.
bool inspect_sleeping(Thread& thread, Asleep& out) {
    constexpr u32 kAsleep = state::kNormal | state::kStopped | state::kTraced;
    const u64 flags = arch::irq_save();
    RunQueue& rq = lock_queue_of(thread);
    const bool asleep = !thread.queued && (thread.state.load(std::memory_order_relaxed) & kAsleep) != 0;
    if (asleep) {
        out.depth = arch::saved_call_chain(thread, thread.stack.base, out.addresses);
        if (!thread.is_kernel()) out.user = arch::user_frame(thread);
    }
    rq.lock.unlock_keep_irq_off();
    arch::irq_restore(flags);
    return asleep;
}

}  // namespace sched
