// Tracing: what a task's being traced (ptrace(2)) consists of. The member Task::tracing.
// Callers: process; linux/ptrace.
// Locks, context: "links": the tree lock, for writing also the tracee's signal lock, so that either is enough to read;
// "signal": the tracee's signal lock; "held": the tracer while the tracee is held (trace.h), else the tracee itself.
#pragma once

#include <atomic>

#include "base/list.h"
#include "process/signal_info.h"

namespace process {

class Task;

struct Tracing {
    // The thread that traces, null: nobody. Links. Atomic for those who only want to know whether there is one.
    std::atomic<Task*> tracer{nullptr};
    bool seized = false;             // PTRACE_SEIZE; links
    bool tracer_is_capable = false;  // had CAP_SYS_PTRACE when it attached; links
    std::atomic<u32> options{0};     // abi::PTRACE_O_*
    // The thread has ended and waits to be waited for; the list then counts it. Links.
    bool ended = false;
    i32 end_status = 0;

    // The stop. Signal.
    bool stopped = false;
    bool unreported = false;   // wait(2) did not tell of it yet
    bool listening = false;    // PTRACE_LISTEN
    bool exit_stop = false;    // PTRACE_EVENT_EXIT: lasts although the thread is to die
    bool held = false;         // the tracer works on it: it stays even if it is to go on or die
    bool trap_stop = false;    // PTRACE_INTERRUPT, or joined a stopped process: stop at the next chance
    bool trap_notify = false;  // the group's stop has changed: a seized tracee tells
    bool has_info = false;
    i32 code = 0;    // signal | event << 8
    i32 inject = 0;  // the signal with which the tracer lets it go on
    SignalInfo info;
    u64 message = 0;  // PTRACE_GETEVENTMSG

    // Held.
    u64 fs_base = 0, gs_base = 0;   // while stopped
    bool stepping = false;          // PTRACE_SINGLESTEP
    bool forced_trap_flag = false;  // TF was not set by the program itself
    u32 call_arch = 0;              // abi::AUDIT_ARCH_* of the system call it is in
    u64 call_number = 0;            // of the call whose seccomp filter asked the tracer
    bool in_slow_call = false;      // self: linux/glue reports the end of the call that goes on
};

}  // namespace process
