// Who waits for whose record lock: fcntl(2) refuses a wait that would close a circle (EDEADLK).
// Callers: fs/locks.cc. Source: Linux fs/locks.c, posix_locks_deadlock().
// Locks, context: a spin lock of its own, inside the lock list's.
#pragma once

#include "base/list.h"
#include "base/types.h"

namespace fs::lock_waits {

// One waiting owner and the one it waits for. On the waiter's stack, known from set() to the destructor.
class Edge {
  public:
    // `list`: the locks that it waits at; both only as names.
    Edge(const void* waiter, const void* list) : waiter_(waiter), list_(list) {}
    ~Edge();
    Edge(const Edge&) = delete;
    Edge& operator=(const Edge&) = delete;

    // It has seen that `holder` stands in its way. False: `holder` waits for it, directly or through others.
    bool set(const void* holder);

    ListNode node;

  private:
    friend void forget(const void* list, const void* holder);
    const void* waiter_;
    const void* list_;
    const void* holder_ = nullptr;
    bool known_ = false;
};

// `holder` gave back locks of `list`: those who waited for it look again. Under the list's lock.
void forget(const void* list, const void* holder);

}  // namespace fs::lock_waits
