// The numbers 1..32767 and what they name: a thread, a process, a process group, a session, or several of these.
// Callers: process.
// Locks, context: finding takes no lock (RCU: hold a ReadGuard until a reference is taken); the rest takes
// Rank::kPidTable for a moment. Reserving allocates.
#pragma once

#include <atomic>

#include "base/result.h"
#include "base/types.h"

namespace process {

class Task;
class Process;
class Group;
class Session;

namespace pid {

inline constexpr i32 kLimit = 32768;  // /proc/sys/kernel/pid_max

// All null: the number is free, or was reserved and not used yet.
struct Slot {
    std::atomic<Task*> task{nullptr};
    std::atomic<Process*> process{nullptr};
    std::atomic<Group*> group{nullptr};
    std::atomic<Session*> session{nullptr};
};

// The next free number after the one given last (wrapping to 300, as Linux). EAGAIN: none; ENOMEM.
Result<i32> reserve();
// clone3's set_tid: EEXIST when it is in use, EINVAL out of range.
Result<i32> reserve_exactly(i32 number);
// The slot of a reserved number.
Slot& slot(i32 number);
// Null when no number of its neighbourhood is taken, or out of range. The caller holds a ReadGuard, unless it has
// reserved the number.
Slot* find(i32 number);
// Sets one of the slot's pointers to null if it still points to the given object; the number is free once all
// are null.
void clear(i32 number, const Task& task);
void clear(i32 number, const Process& process);
void clear(i32 number, const Group& group);
void clear(i32 number, const Session& session);
// Gives back a number that was reserved and never used.
void cancel(i32 number);
// The first number at or after `from` for which match(slot): for /proc. 0: none.
i32 next(i32 from, bool (*match)(const Slot&));
// The number given last: /proc/loadavg. The next one comes after it: /proc/sys/kernel/ns_last_pid.
i32 last_reserved();
void set_last(i32 number);
// Numbers are below this: /proc/sys/kernel/pid_max, from kLeastMost to kLimit.
inline constexpr u64 kLeastMost = 301;
i32 most();
void set_most(i32 most);

}  // namespace pid
}  // namespace process
