// Lock-rank checks: which spin locks this CPU holds, and a panic that names both sides when an order is broken.
// Callers: sync's locks and sched's sleeping locks; nobody else.
// Locks, context: any. Compiled away without CONFIG_LOCKDEP.
#pragma once

#include "generated/config.h"
#include "sync/ranks.h"

#ifndef CONFIG_LOCKDEP
#define CONFIG_LOCKDEP 0
#endif

namespace sync::lockdep {

inline constexpr bool kEnabled = CONFIG_LOCKDEP != 0;
inline constexpr usize kMaxHeld = 24;

struct Held {
    const void* lock;
    u64 taken_at;  // return address
    Rank rank;
    bool irq_off;
};

// The sleeping locks that a thread holds; lives in sched::Thread.
struct HeldStack {
    Held entries[kMaxHeld];
    u32 count = 0;
};

const char* rank_name(Rank rank);

// All check and then record; a broken rule panics. `tried`: the lock was had without waiting, so order is free.
void spin_acquire(const void* lock, Rank rank, bool irq_off, u64 at, bool tried = false);
void spin_release(const void* lock);
void sleep_acquire(HeldStack& stack, const void* lock, Rank rank, u64 at);
void sleep_release(HeldStack& stack, const void* lock);
// Panics when this CPU holds a spin lock or is in an interrupt: called by everything that may sleep.
void assert_may_sleep(const char* what);
// Which CPU holds a spin lock and where it took it, for reports; -1 and 0 when unknown (without CONFIG_LOCKDEP).
i32 holder_cpu(const void* lock);
const void* holder_place(const void* lock);
// Forgets everything and stops checking: for a panic.
void disable();

}  // namespace sync::lockdep
