// flock(2) and fcntl(2) record locks (POSIX and OFD) of one inode.
// Callers: linux/fd.cc, and files when descriptors are closed.
// Locks, context: thread context; waits interruptibly.
#pragma once

#include "base/list.h"
#include "base/result.h"
#include "base/types.h"
#include "sched/wait_queue.h"
#include "sync/guarded.h"
#include "sync/spin_lock.h"

namespace fs {

class Inode;
namespace procfs {
class SeqSink;
}

enum class LockKind : u8 { kFlock, kRecord };
// One held lock. Who owns it: flock and OFD: the open file; POSIX: the descriptor table.
struct FileLock {
    const void* owner = nullptr;
    LockKind kind = LockKind::kRecord;
    bool exclusive = false;
    bool open_file = false;  // OFD
    u64 start = 0;
    u64 end = ~u64{0};  // last byte
    i32 pid = 0;        // for F_GETLK; -1 for OFD
    ListNode node{};
};

// Sets, changes or (`unlock`) removes the owner's lock on the range. EAGAIN: held by others and !wait.
// EDEADLK: waiting for record locks of processes would close a circle. kRESTARTSYS, ENOMEM.
Result<void> set_lock(Inode& inode, const FileLock& wanted, bool unlock, bool wait);
// A lock that stands in the way of `wanted`; false: none.
bool find_conflict(Inode& inode, const FileLock& wanted, FileLock& found);
// The owner is gone.
void drop_locks(Inode& inode, const void* owner, LockKind kind);
void destroy_locks(class LockList* list);

// /proc/locks (proc_locks(5)): all locks and leases, those who wait after what they wait for.
Result<void> show_locks(procfs::SeqSink& out);
// The lines of /proc/PID/fdinfo/N: those of an open file, or of the descriptor table that owns its record locks.
Result<void> show_locks_of(const Inode& inode, const void* file, const void* table, procfs::SeqSink& out);

}  // namespace fs
