// Delivery: what happens to pending signals on the way back to user mode.
// Callers: process/return_to_user.cc.
// Locks, context: the running task's thread context, interrupts on, no locks held.
#pragma once

#include <optional>

#include "arch/trap.h"
#include "process/process.h"

namespace process {

struct Delivery {
    SignalInfo info;
    abi::sigaction action{};
};

// The next signal with a handler. Those without are acted on here: the task may stop, or die and not return.
// Nothing: no handler is to run.
std::optional<Delivery> next_delivery(Task& self);

// All of it: handlers' frames, restarts of system calls, the mask that a temporary one replaced.
void deliver_signals(Task& self, arch::TrapFrame& frame);

// Builds the frame for the handler on the user stack and points the registers to it. False: the stack cannot hold
// it. The mask to come back to is `mask`.
bool build_signal_frame(Task& self, arch::TrapFrame& frame, const Delivery& delivery, SignalSet mask);
// rt_sigreturn(2): takes registers, mask, alternate stack and FPU state from the frame at the user's stack pointer.
// False: the frame is bad.
bool restore_signal_frame(Task& self, arch::TrapFrame& frame);

// The address lies on the thread's alternate stack (and that does not disarm itself).
bool on_alternate_stack(const Task& task, u64 stack_pointer);

// job control, stop.cc: the running thread takes part in a stop and sleeps until it is over.
void take_part_in_stop(Task& self);
// Starts a stop by `signo`; the caller then takes part. Signal lock held.
void begin_stop(SignalState& s, Task& self, int signo);
// SIGCHLD (unless refused) and a wake-up for wait(2), about `process` having stopped or gone on: CLD_STOPPED,
// CLD_CONTINUED.
void tell_parent_of_stop(Process& process, int code);

}  // namespace process
