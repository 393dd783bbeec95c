// LockList: all locks and leases of one inode, made at the first of them; and the list of all such lists.
// Callers: locks, leases, show_locks.
// Locks, context: a spin lock inside.
#pragma once

#include "base/duration.h"
#include "fs/inode.h"
#include "fs/locks.h"
#include "object/io_signal.h"

namespace fs {

// One lease (fcntl(2), F_SETLEASE); types are F_RDLCK, F_WRLCK, F_UNLCK of abi/.
struct Lease {
    Lease(object::File& f, int descriptor, i32 p) : file(f), pid(p), signal(f, descriptor) {}
    object::File& file;  // drops the lease when it is closed
    const i32 pid;
    int type = 0;
    int target = 0;    // what a break that is under way makes of it; `type` otherwise
    Instant deadline;  // of that
    object::IoSignal signal;
    ListNode node;
    bool breaking() const { return target != type; }
};

// Somebody who waits for a lock, on his own stack.
struct LockWaiter {
    const FileLock& wanted;
    ListNode node{};
};

class LockList {
  public:
    explicit LockList(const Inode& of) : inode(of) {}
    using Lock = sync::SpinLock<sync::Rank::kInodeList>;
    struct State {
        IntrusiveList<FileLock, &FileLock::node> held;
        IntrusiveList<Lease, &Lease::node> leases;
        IntrusiveList<LockWaiter, &LockWaiter::node> waiting;
    };
    mutable sync::Guarded<State, Lock> state;
    sched::WaitQueue changed;
    const Inode& inode;
    ListNode node;  // in AllLockLists
};
struct AllLockLists {
    IntrusiveList<LockList, &LockList::node> lists;
};

// The inode's, made if there is none yet. ENOMEM.
Result<LockList*> lock_list_of(Inode& inode);
// fn for each, under a spin lock that is outside of theirs.
void for_each_lock_list(void (*fn)(const LockList&, void*), void* context);
bool conflict(const FileLock& held, const FileLock& wanted);

}  // namespace fs
