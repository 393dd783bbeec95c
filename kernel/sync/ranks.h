// The one order of all locks: a thread may take a lock only if its rank stands below those it holds.
// Callers: every floor; a new lock gets a line here, at the place its nesting demands.
// Locks, context: constants. Checked at run time with CONFIG_LOCKDEP. Two locks of one rank nest by ascending address.
#pragma once

#include "base/types.h"

namespace sync {

enum class Rank : u8 {
    // Sleeping locks (sched::Mutex, sched::RwLock), outermost first.
    kPower,
    kModule,
    kConsoleSwitch,
    kExec,              // one exec or ptrace attach of a process at a time
    kNamespace,
    kCgroup,
    kMountTree,
    kRename,            // renames between folders, one per file system
    kSuper,
    kSeek,              // a File's offset: taken around a whole read or getdents
    kDirectoryParent,
    kDirectory,
    kInode,             // read, write, truncate of one file
    kSocketBind,
    kSocket,
    kPipe,
    kTtyJob,
    kTty,
    kTtyRead,
    kTtyWrite,
    kEpollTree,
    kEpoll,
    kIoPort,
    kDeviceTree,
    kDriver,
    kBlockQueue,
    kShm,
    kMmap,              // layout of an address space; user copies take it, so all that copies stands above
    kVma,
    kMemoryObject,
    kPageFill,
    kReclaim,
    kSwap,
    kProcfs,
    kDevfs,
    kRegistry,          // lists of drivers, file systems, consoles
    kGeneric,           // a leaf among sleeping locks
    kWorkFlush,

    // Spin locks, outermost first.
    kFirstSpin,
    kProcessTree = kFirstSpin,  // parents, children, sessions, groups
    kThreadGroup,
    kTaskResources,     // what a task points to: address space, descriptors
    kSignal,            // handlers, pending signals
    kPosixTimer,
    kDescriptorTable,
    kFsContext,
    kCredentials,
    kMountHash,
    kDentry,
    kInodeList,
    kInodeAttributes,
    kFileFlags,
    kEventSource,       // eventfd, timerfd, signalfd
    kSocketState,
    kSocketBuffer,
    kNetDevice,
    kNetTable,
    kTtyState,
    kTtyBuffer,
    kFutex,
    kRmap,              // mappings of a memory object
    kPageTree,
    kPageTable,
    kTlb,
    kVmLru,
    kAddressSpaceList,
    kDevice,            // registers of a device
    kDeviceQueue,
    kUart,
    kInput,
    kDisplay,
    kPidTable,
    kRandom,
    kMutexWait,         // inside a sleeping lock
    kPoll,
    kWaitQueue,         // may nest in itself: a callback wakes another queue (epoll)
    kEpollReady,        // taken in such callbacks; released before the epoll's own queue is woken
    kWork,
    kMailbox,
    kTimer,
    kThreadList,
    kRunQueue,
    kRcu,
    kVmap,
    kSlabCache,
    kSlabNode,
    kSlab,
    kFrameZone,
    kFrameCache,
    kKasan,
    kIrqTable,
    kIrqChip,
    kIpi,
    kClock,
    kLog,               // innermost: everything may log
    kConsole,
    kCount,
};

constexpr bool is_spin_rank(Rank r) { return r >= Rank::kFirstSpin; }

}  // namespace sync
