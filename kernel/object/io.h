// IoCtx and IoctlCtx: what a file is told about the caller of an operation. And DirSink: where getdents' entries go.
// Callers: linux/ and native/ make them; files read them.
// Locks, context: values; thread context.
#pragma once

#include <string_view>

#include "base/result.h"
#include "base/types.h"

namespace sched {
struct Thread;
}

namespace object {

class File;
class Credentials;

struct IoCtx {
    sched::Thread& thread;
    u32 flags = 0;                             // kNonBlock and the like
    u64 file_size_limit = ~u64{0};             // RLIMIT_FSIZE
    const Credentials* credentials = nullptr;  // null: the kernel itself

    static constexpr u32 kNonBlock = 1;    // EAGAIN rather than wait (O_NONBLOCK, RWF_NOWAIT)
    static constexpr u32 kAppend = 2;      // RWF_APPEND
    static constexpr u32 kSync = 4;        // O_DSYNC, RWF_DSYNC
    static constexpr u32 kPositioned = 8;  // called with an explicit offset
    bool nonblock() const { return (flags & kNonBlock) != 0; }
};

// ioctl(2). `arg` is a number or an address, as the command says. Drivers above process/ turn `thread` into a
// process::Task with process::task_of().
struct IoctlCtx {
    sched::Thread& thread;
    const Credentials& credentials;
    File& file;
    u32 cmd;
    UserAddr arg;
    bool nonblock = false;
};

// Types of directory entries: abi::DT_*, which are S_IF* >> 12.
class DirSink {
  public:
    // `next` is the cookie with which iteration goes on after this entry. False: the sink is full; the entry was
    // not taken and iteration must stop.
    virtual bool add(std::string_view name, u64 inode, u32 type, i64 next) = 0;

  protected:
    ~DirSink() = default;
};

}  // namespace object
