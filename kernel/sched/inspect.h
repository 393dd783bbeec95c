// What a thread that sleeps is waiting in: for /proc.
// Callers: process.
// Locks, context: any thread context; takes the run queue of the thread's CPU.
#pragma once

#include <array>
#include <span>

#include "arch/trap.h"
#include "sched/thread.h"

namespace sched {

struct Asleep {
    arch::TrapFrame user;  // of a thread that came from user mode: its registers there
    std::array<u64, 24> addresses;
    usize depth = 0;
    // Return addresses, innermost first.
    std::span<const u64> call_chain() const { return std::span(addresses).first(depth); }
};

// False: it runs, waits for a CPU, or has ended.
bool inspect_sleeping(Thread& thread, Asleep& out);

}  // namespace sched
