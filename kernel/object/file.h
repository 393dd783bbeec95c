// File: an open file description, the one kind of thing that a descriptor names.
// Callers: linux/ and native/ call the operations; files, pipes, sockets, terminals, epoll sets derive from it.
// Locks, context: operations run in thread context and may sleep, but where stated.
#pragma once

#include <atomic>

#include "abi/linux/fcntl.h"
#include "base/format.h"
#include "base/ref.h"
#include "object/attributes.h"
#include "object/io.h"
#include "object/poll.h"
#include "sched/mutex.h"
#include "sync/rcu.h"
#include "vm/memory_object.h"
#include "vm/user_memory.h"

// The floor fs/ attaches to a file where it was found; object/ only carries it (see Place).
namespace fs {
class Mount;
class Dentry;
}  // namespace fs

namespace object {

struct Place;
class File;
// What fs/ does with a Place; a constant table of functions.
struct PlaceOps {
    void (*release)(Place&);
    void (*describe)(const Place&, base::FormatSink);
    Result<void> (*stat)(const Place&, Attributes&);
    // A descriptor in the table `owner` was closed; the last descriptor of the file was closed: locks go.
    void (*descriptor_closed)(const Place&, const void* owner);
    void (*last_closed)(const Place&, const File&);
    // What open counted (readers, writers, those who forbid them) is given back, before release() or never. Null: nothing.
    void (*end_access)(Place&);
};
// Where in the file system a file was opened: references on a mount and a dentry. Empty for pipes, sockets and
// other anonymous files.
struct Place {
    fs::Mount* mount = nullptr;
    fs::Dentry* dentry = nullptr;
    const PlaceOps* ops = nullptr;
};

// Identifies a class of files: `struct Facet` objects are compared by address. See File::as.
struct Facet {
    const char* name;
};

// How mmap(2) wants a file.
struct MapCtx {
    sched::Thread& thread;
    u64 offset;  // bytes, page-aligned
    u64 length;
    bool shared;
    bool write;
    bool execute;
};

class File : public RefCounted<File> {
  public:
    // Access modes, O_PATH and seekability: fixed when the file is opened.
    static constexpr u32 kRead = 1;
    static constexpr u32 kWrite = 2;
    static constexpr u32 kPath = 4;         // O_PATH: a name, not an open file
    static constexpr u32 kSeekable = 8;     // has an offset: lseek, pread and pwrite work
    static constexpr u32 kPositioned = 16;  // pread and pwrite work though there is no offset of its own
    static constexpr u32 kExec = 32;        // opened by exec: keeps writers away

    // `flags` are those of open(2): access mode and status flags.
    explicit File(u32 flags, u32 extra_mode = 0);
    virtual ~File();

    u32 mode() const { return mode_; }
    bool readable() const { return (mode_ & kRead) != 0; }
    bool writable() const { return (mode_ & kWrite) != 0; }
    bool path_only() const { return (mode_ & kPath) != 0; }
    // O_APPEND, O_NONBLOCK, O_DIRECT, O_NOATIME, O_SYNC, O_DSYNC, FASYNC and what F_GETFL shows beside.
    u32 status_flags() const { return status_flags_.load(std::memory_order_relaxed); }
    void set_status_flags(u32 flags) { status_flags_.store(flags, std::memory_order_relaxed); }
    bool nonblock() const { return (status_flags() & abi::O_NONBLOCK) != 0; }
    bool append() const { return (status_flags() & abi::O_APPEND) != 0; }

    // --- Operations. The caller has checked the access mode and that this is no O_PATH file. ---

    // At the file's own offset, which they advance. Files that can seek override pread and pwrite alone: the
    // offset is kept here. The count may be short; 0 from read is the end. Interrupted before anything was moved:
    // kRESTARTSYS. Defaults: EINVAL.
    virtual Result<usize> read(IoCtx& ctx, vm::IoWriter& to);
    virtual Result<usize> write(IoCtx& ctx, vm::IoReader& from);
    // Whether read() or write() can ever work: if not, nobody looks at the buffer (Linux: FMODE_CAN_READ, _WRITE).
    virtual bool can_read() const { return true; }
    virtual bool can_write() const { return true; }
    // At `offset`. Defaults: ESPIPE unless overridden. pwrite with kAppend in ctx.flags ignores the offset;
    // `offset` comes back as where the data went.
    virtual Result<usize> pread(IoCtx& ctx, vm::IoWriter& to, u64 offset);
    virtual Result<usize> pwrite(IoCtx& ctx, vm::IoReader& from, u64& offset);
    // The new offset; whence is abi::SEEK_*. Default: ESPIPE, or by seek_end() for seekable files.
    virtual Result<i64> seek(i64 offset, int whence);
    // ENOTTY. What works on every file (FIONBIO, FIOASYNC, FIOCLEX) is done in linux/ before.
    virtual Result<i64> ioctl(IoctlCtx& ctx);
    // What is ready now (kPoll*, POLLHUP …). With a table: first registers every source that can change the
    // answer. Default: always readable and writable.
    virtual u32 poll(PollTable* table);
    // Whether epoll_ctl takes it (EPERM otherwise): not for regular files and directories.
    virtual bool can_poll() const { return false; }
    // Default: the inode's when it has a place, otherwise those of an anonymous inode.
    virtual Result<void> stat(Attributes& out);
    // The pages behind a mapping at byte ctx.offset; page i of the object is page i of the file. Default: ENODEV.
    virtual Result<Ref<vm::MemoryObject>> map(const MapCtx& ctx);
    // Whether a kind of file has map() at all; whether any pages come of it is another matter.
    virtual bool mappable() const { return false; }
    // EINVAL.
    virtual Result<void> truncate(u64 size);
    // abi::FALLOC_FL_*. Default: EOPNOTSUPP… ENODEV where Linux says so.
    virtual Result<void> allocate(u32 mode, u64 offset, u64 length);
    // EINVAL for what cannot be synced (pipes, sockets).
    virtual Result<void> sync(bool data_only);
    // getdents: entries from the file's offset on, which it advances. ENOTDIR.
    virtual Result<void> iterate(IoCtx& ctx, DirSink& sink);
    // fcntl commands that a kind of file knows alone: F_SETPIPE_SZ, F_ADD_SEALS and the like. EINVAL, EBADF, EPERM.
    virtual Result<i64> control(IoCtx& ctx, u32 cmd, u64 arg);
    // F_SETFL wants `flags` (O_APPEND, O_NONBLOCK, O_DIRECT, O_NOATIME, FASYNC); may refuse. Default: O_DIRECT is for
    // files that seek, EINVAL.
    virtual Result<void> check_status_flags(u32 flags);

    // A descriptor of some table was closed; others may remain. `table` identifies it (POSIX locks go).
    virtual void on_descriptor_closed(const void* table);
    // The last descriptor was closed (also when a message that carried it was thrown away). May sleep.
    virtual void on_closed();
    // A new open file for the same thing: open(2) of /proc/PID/fd/N when there is no path to follow. ENXIO.
    virtual Result<Ref<File>> reopen(u32 flags);
    // What /proc/PID/fd/N points to: "pipe:[77]", "anon_inode:[eventfd]", or a path. Default: by place.
    virtual void describe(base::FormatSink sink);
    // Lines that /proc/PID/fdinfo/N shows beside pos and flags.
    virtual void describe_info(base::FormatSink sink);

    // The file as a T when it is one, otherwise null. T has `static constexpr object::Facet kFacet` and its class
    // overrides facet().
    template <typename T>
    T* as() {
        return static_cast<T*>(facet(T::kFacet));
    }
    virtual void* facet(const Facet& wanted);

    // The offset as lseek(fd, 0, SEEK_CUR) shows it; 0 for files that have none.
    i64 position() const { return position_.load(std::memory_order_relaxed); }

    const Place& place() const { return place_; }
    // Takes the references over; once, before the file is published.
    void set_place(Place place) { place_ = place; }

    // Descriptor counting: for DescriptorTable and for messages in flight. All descriptors of a file share one
    // reference; the last to go calls on_closed() and gives it back.
    void add_descriptor();
    // `readers`: lock-free finders may be about to take a reference (the table is shared by threads).
    void drop_descriptor(bool readers = true);
    u32 descriptors() const { return descriptors_.load(std::memory_order_relaxed); }

    // Whether O_ASYNC works: readiness told by a signal. Pipes, sockets, terminals, inotify.
    virtual bool can_signal() const { return false; }
    // O_ASYNC: what listens (process/io_signal.cc). The last drop_descriptor() calls the hook, which may sleep.
    struct Async;
    std::atomic<Async*> async{nullptr};
    static void set_async_hook(void (*hook)(File&));

    // F_SETOWN and F_SETSIG: who gets SIGIO. Read and written by linux/ and those who send it.
    struct Owner {
        std::atomic<i32> id{0};    // pid; negative: process group, as F_GETOWN
        std::atomic<i32> type{0};  // abi::F_OWNER_*
        std::atomic<i32> signal{0};
        std::atomic<u32> uid{0}, euid{0};  // of who said so: its rights decide whether the signal is sent
    } owner;
    // Nobody is told any more, and with the signal of old if somebody is again (Linux: lease_modify()).
    void disown() {
        owner.id.store(0, std::memory_order_relaxed);
        owner.signal.store(0, std::memory_order_relaxed);
    }

    // epoll: the items that watch this file, guarded by ipc/epoll.cc's lock. The last drop_descriptor() of a file that
    // is watched calls the hook, which takes the items away, before on_closed(). The hook may sleep; set once by ipc/.
    struct Watch;
    Watch* watches = nullptr;
    std::atomic<bool> watched{false};
    static void set_release_hook(void (*hook)(File&));

  protected:
    using PositionLock = sched::Mutex<sync::Rank::kSeek>;

    // For files that keep their own idea of the end: SEEK_END, SEEK_DATA and SEEK_HOLE. Default: EINVAL.
    virtual Result<u64> seek_end();
    // abi::SEEK_DATA or SEEK_HOLE from `from` on. Default: all data up to the end. ENXIO.
    virtual Result<u64> seek_hole(u64 from, int whence);
    // For directories and others that manage the offset themselves.
    void set_position(i64 position) { position_.store(position, std::memory_order_relaxed); }

    // Holds the offset still. Takes the lock only if somebody else may use the file at this moment: another
    // descriptor, or a thread that shares the table (then the caller's use is counted; Linux: fdget_pos).
    class PositionGuard {
      public:
        explicit PositionGuard(File& f) : file_(f), locked_(f.descriptors() > 1 || f.ref_count() > 1) {
            if (locked_) [[unlikely]]
                state_ = file_.position_lock_.lock();
        }
        ~PositionGuard() {
            if (locked_) [[unlikely]]
                file_.position_lock_.unlock(state_);
        }
        PositionGuard(const PositionGuard&) = delete;
        PositionGuard& operator=(const PositionGuard&) = delete;

      private:
        File& file_;
        const bool locked_;
        [[no_unique_address]] PositionLock::State state_;
    };

  private:
    u32 mode_;
    std::atomic<u32> status_flags_;
    std::atomic<u32> descriptors_{0};
    std::atomic<i64> position_{0};
    PositionLock position_lock_;
    Place place_;
    std::atomic<bool> drop_pending_{false};  // rcu_ is in use
    rcu::Head rcu_;
};

}  // namespace object
