// on_return_to_user: what a thread does between its kernel work and user mode when something is waiting.
#include "arch/upcalls.h"
#include "process/io_signal.h"
#include "process/rseq.h"
#include "process/signal.h"
#include "process/signal_deliver.h"
#include "process/trace.h"
#include "sched/scheduler.h"
#include "vm/user_memory.h"

namespace {

using namespace process;

void work(Task& self, arch::TrapFrame& frame) {
    const u32 todo = self.user_work.fetch_and(~(kWorkSignal | kWorkRseq | kWorkChild | kWorkCallExit | kWorkIoSignals),
                                              std::memory_order_acquire);
    if ((todo & kWorkChild) != 0) (void)vm::UserOut<i32>(self.set_tid_address).store(self.tid());
    if ((todo & kWorkIoSignals) != 0) send_posted_io_signals();
    if ((todo & kWorkCallExit) != 0) trace_call_exit(self, frame);
    // Before a handler's frame is built: it must come back to the abort address.
    if ((todo & (kWorkRseq | kWorkSignal)) != 0 && !update_rseq(self, frame)) {
        force_signal(self, SignalInfo::kernel(abi::SIGSEGV));
    }
    if ((todo & (kWorkSignal | kWorkRestoreMask)) != 0 ||
        (self.user_work.load(std::memory_order_relaxed) & kWorkSignal) != 0) {
        self.user_work.fetch_and(~kWorkSignal, std::memory_order_acquire);
        deliver_signals(self, frame);
    }
}

}  // namespace

extern "C" void on_return_to_user(arch::TrapFrame& frame) {
    arch::irq_enable();
    if (arch::need_resched()) sched::schedule();
    sched::Thread& thread = sched::current();
    if ((thread.user_work.load(std::memory_order_relaxed) & ~arch::kWorkArchMask) != 0) {
        if (Task* self = task_of(thread)) work(*self, frame);
    }
    arch::irq_disable();
}
