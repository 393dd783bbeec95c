#include "sched/trace.h"

#include <bit>

#include "base/heap.h"
#include "sched/run_queue.h"

namespace sched {

u32 task_key(const Thread& thread, const Thread& idle) {
    if (&thread == &idle) return 0;
    // Fibonacci hashing of the address: neighbours in a slab get colours far apart.
    const u64 mixed = std::bit_cast<u64>(&thread) / alignof(Thread) * 0x9e37'79b9'7f4a'7c15;
    return static_cast<u32>(mixed >> 32) | 1;
}

Result<void> trace_switches() {
    for (u32 cpu = 0; cpu < hw::cpus_possible(); cpu++) {
        RunQueue* rq = queue_of(cpu);
        if (rq == nullptr || rq->trace != nullptr) continue;
        SwitchRing* ring = base::try_new<SwitchRing>();
        if (ring == nullptr) return Errno::kNOMEM;
        const u64 flags = arch::irq_save();
        rq->lock.lock_irq_is_off();
        rq->trace = ring;
        rq->lock.unlock_keep_irq_off();
        arch::irq_restore(flags);
    }
    return {};
}

SwitchRing* switch_ring(u32 cpu) {
    RunQueue* rq = queue_of(cpu);
    return rq == nullptr ? nullptr : rq->trace;
}

}  // namespace sched
