// The machine's inheritance graph, of kernel mutexes and of user space's PI futexes alike.
// Callers: sched/mutex, sched/policy; ipc/futex_pi.
// Locks, context: Rank::kInheritance, interrupts off; run queues are locked inside. Hold it for a step, not for a wait.
#pragma once

#include "sched/inheritance.h"
#include "sched/thread.h"
#include "sync/guarded.h"
#include "sync/spin_lock.h"

namespace sched {

using GuardedGraph = sync::Guarded<InheritanceGraph, sync::SpinLock<sync::Rank::kInheritance, sync::kIrqOff>>;
extern constinit GuardedGraph inheritance;

inline Thread& thread_of(PiThread& t) { return static_cast<Thread&>(t); }

}  // namespace sched
