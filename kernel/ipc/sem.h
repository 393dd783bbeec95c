// System V semaphores: sets by key and number, and what is undone when a process ends.
// Callers: linux/sem; process (clone, exit, unshare) for undo lists.
// Locks, context: thread context. A sleeping lock (kGeneric) around the table and one in each undo list, a spin lock
// (kIpcObject) in each set. No user memory is touched under them.
#pragma once

#include "base/duration.h"
#include "base/own.h"
#include "ipc/sem_core.h"
#include "ipc/sysv.h"
#include "sched/mutex.h"
#include "sync/guarded.h"

namespace ipc::sem {

using Caller = SysvCaller;

class Set : public RefCounted<Set> {
  public:
    Set(SysvPermissions p, u32 count, i64 now_s);
    // Written with the table's and the set's lock held, read with either.
    SysvPermissions permissions;
    const u32 count;
    struct State {
        Semaphores semaphores;
        i64 operated_s = 0, changed_s = 0;
        bool removed = false;
    };
    sync::Guarded<State, sync::SpinLock<sync::Rank::kIpcObject>> state;
};

// The adjustments of a thread, or of all that share them by CLONE_SYSVSEM.
class UndoList : public RefCounted<UndoList> {
  public:
    // Of one set, made at need. ENOMEM; EIDRM: the set has gone.
    Result<Adjustments*> adjustments(Set& set);
    void add_user() { users_.fetch_add(1, std::memory_order_relaxed); }
    // A thread ends or shares no longer; the last does what is to be undone, as process `pid`.
    void drop_user(i32 pid);

  private:
    struct Entry {
        explicit Entry(Set& s) : set(s) {}
        Ref<Set> set;
        Adjustments adjustments;  // guarded by the set's lock
    };
    std::atomic<u32> users_{1};
    sync::Guarded<Vector<Own<Entry>>, sched::Mutex<sync::Rank::kGeneric>> entries_;
};

// CLONE_SYSVSEM: the list of `parent`, made if it has none, with one user more. ENOMEM.
Result<Ref<UndoList>> share(OptRef<UndoList>& parent);
// Leaves the list if there is one.
void leave(OptRef<UndoList>& list, i32 pid);

// semget: the set's number. EINVAL, EEXIST, ENOENT, EACCES, ENOSPC, ENOMEM.
Result<i32> get(const Caller& caller, i32 key, i32 count, u32 flags);
// The most operations of one semop.
u64 most_operations();
// semtimedop. `undo`: the caller's list, made at need. EINVAL, EFBIG, EACCES, EIDRM, EAGAIN, EINTR, ERANGE, ENOMEM.
Result<void> operate(const Caller& caller, OptRef<UndoList>& undo, i32 id, std::span<const abi::sembuf> operations,
                     Instant deadline);

// semctl's commands. `place`: the number is a place in the table (SEM_STAT). The set's number then, otherwise 0.
// EINVAL, EACCES.
Result<i32> status(const Caller& caller, i32 id, bool place, bool any, abi::semid64_ds& out);
// GETVAL, GETPID, GETNCNT, GETZCNT. EINVAL, EACCES.
Result<i32> read(const Caller& caller, i32 id, i32 number, i32 command);
// GETALL. ENOMEM.
Result<Vector<u16>> read_all(const Caller& caller, i32 id);
// SETVAL. ERANGE.
Result<void> write(const Caller& caller, i32 id, i32 number, i32 value);
// How many values SETALL takes; it is allowed. EINVAL, EACCES.
Result<u32> begin_write_all(const Caller& caller, i32 id);
// SETALL with as many. ERANGE, EIDRM.
Result<void> write_all(const Caller& caller, i32 id, std::span<const u16> values);
// EPERM, EINVAL.
Result<void> set(const Caller& caller, i32 id, const abi::ipc64_perm& permissions);
Result<void> remove(const Caller& caller, i32 id);
// IPC_INFO, SEM_INFO (`usage`): the greatest place in use.
i32 info(bool usage, abi::seminfo& out);

// Start-up: /proc/sys/kernel/sem, /proc/sysvipc/sem.
Result<void> init();

}  // namespace ipc::sem
