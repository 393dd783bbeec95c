// Inode: a file, directory, link or node of a file system, however it is named. File systems derive from it.
// Callers: fs; the operations only by way of walk.h and operations.h, which check permissions and hold the locks.
// Locks, context: attributes are read without a lock. Directory operations run with `lock` exclusive (lookup and
// iterate: shared). Freed by RCU: a path walk may look at an inode that is just going.
#pragma once

#include <atomic>
#include <string_view>

#include "abi/linux/stat.h"
#include "base/own.h"
#include "base/ref.h"
#include "fs/acl.h"
#include "fs/name.h"
#include "fs/superblock.h"
#include "object/attributes.h"
#include "object/credentials.h"
#include "object/file.h"
#include "sched/mutex.h"
#include "sched/rw_lock.h"
#include "sync/guarded.h"
#include "sync/rcu.h"

namespace fs {

struct Path;
class LockList;
namespace notify {
class WatchList;
}

// Who asks: for look-ups whose answer depends on it (/proc/self), and for openers.
struct Caller {
    sched::Thread& thread;
    const object::Credentials& credentials;
};

struct OpenContext {
    Caller caller;
    u32 flags;  // of open(2)
    bool may_block() const { return (flags & abi::O_NONBLOCK) == 0; }
};

// What setattr changes: chmod, chown, utimensat, truncate.
struct AttributeChange {
    static constexpr u32 kMode = 1, kUid = 2, kGid = 4, kSize = 8, kAccessed = 16, kModified = 32, kChanged = 64;
    u32 what = 0;
    u32 mode = 0;  // permission bits alone (07777)
    u32 uid = 0, gid = 0;
    u64 size = 0;
    i64 accessed_ns = 0, modified_ns = 0, changed_ns = 0;
};

// Bits of rename.
inline constexpr u32 kRenameNoReplace = 1, kRenameExchange = 2, kRenameWhiteout = 4;

// Access control lists of an inode. Never changed once an inode has them; freed by RCU.
struct AccessLists {
    Acl access;
    Acl inherited;  // of folders: what is made in them gets it
    rcu::Head rcu;
};

class Inode : public RefCounted<Inode> {
  public:
    Inode(Superblock& super, u64 number, u32 mode);
    virtual ~Inode();
    void on_last_ref();

    // --- Directories. Names are 1..255 bytes without '/', never "." or "..". `lock` is held. ---
    // Null: no such name. `lock` held shared at least.
    virtual Result<OptRef<Inode>> lookup(const Caller& caller, const NameKey& name);
    // A regular file, directory, link or node. The name is known not to exist. EPERM by default.
    virtual Result<Ref<Inode>> create(const Caller& caller, const NameKey& name, u32 mode,
                                      object::DeviceNumber special);
    virtual Result<Ref<Inode>> symlink(const Caller& caller, const NameKey& name, std::string_view target);
    virtual Result<void> link(const NameKey& name, Inode& target);
    // `target` is what lookup gave for the name. unlink is for all but directories.
    virtual Result<void> unlink(const NameKey& name, Inode& target);
    virtual Result<void> rmdir(const NameKey& name, Inode& target);
    // Moves `target` from this directory to `to_dir` (maybe the same) as `to_name`, where `victim` (may be null) is;
    // both directories are locked, the superblock's rename lock is held, and types and emptiness of the victim are
    // the file system's to check (ENOTEMPTY).
    virtual Result<void> rename(const NameKey& name, Inode& target, Inode& to_dir, const NameKey& to_name,
                                Inode* victim, u32 flags);
    // O_TMPFILE.
    virtual Result<Ref<Inode>> create_unnamed(const Caller& caller, u32 mode);
    // Entries from `cookie` on; "." and ".." are the VFS's (cookies 0 and 1, so these start at 2). Returns the
    // cookie to go on with. `lock` held shared.
    virtual Result<i64> iterate(const Caller& caller, i64 cookie, object::DirSink& sink);
    // Whether a cached dentry still tells the truth; only with Superblock::revalidates().
    virtual bool revalidate(const Caller&) { return true; }

    // What it stands for, to those who know the facet: as File::facet.
    virtual void* facet(const object::Facet&) { return nullptr; }

    // --- Links ---
    // The text; at most 4095 bytes. EINVAL unless a link.
    virtual Result<void> read_link(const Caller& caller, base::FormatSink sink);
    // The text if it is in memory for as long as the inode is (then walks need no reference); otherwise empty.
    virtual std::string_view link_in_memory() const { return {}; }
    // Links that lead to an object and not through a name (/proc/PID/fd/N, exe, cwd). Null path: an ordinary link.
    virtual bool magic_link() const { return false; }
    virtual Result<Path> follow_magic(const Caller& caller);
    // Opens what a magic link leads to when follow_magic() says ENXIO: it has no path (a pipe in /proc/PID/fd).
    virtual Result<Ref<object::File>> open_magic(const OpenContext&) { return Errno::kNXIO; }
    // The same for its attributes.
    virtual Result<void> magic_attributes(const Caller&, object::Attributes&) { return Errno::kNXIO; }

    // --- Files ---
    // A file for `flags`; the VFS sets its place afterwards. Default: by type: directories, device nodes by the
    // registry, FIFOs by the hook. EIO otherwise.
    virtual Result<Ref<object::File>> open(const OpenContext& ctx);
    virtual void attributes(object::Attributes& out) const;
    // Checked by the VFS already. Default: stores what is given.
    virtual Result<void> set_attributes(const AttributeChange& change);

    // --- Extended attributes: EOPNOTSUPP by default. ---
    // Copies into `value`; the value's size. ENODATA, ERANGE. An empty span asks for the size.
    virtual Result<usize> get_xattr(std::string_view name, std::span<u8> value);
    // flags: abi::XATTR_*.
    virtual Result<void> set_xattr(std::string_view name, std::span<const u8> value, u32 flags);
    virtual Result<void> remove_xattr(std::string_view name);
    // Names, each with a NUL.
    virtual Result<void> list_xattr(base::FormatSink sink);
    // Whether list_xattr may give something: stat-like checks skip the call.
    virtual bool has_xattr() const { return false; }

    // The last reference and no name left: give back what it holds. May sleep not.
    virtual void evict() {}

    Superblock& super() const { return *super_; }
    // Superblock::revalidates(), near what the walk reads.
    bool revalidates() const { return revalidates_; }
    u64 number() const { return number_; }
    u32 mode() const { return mode_.load(std::memory_order_relaxed); }
    u32 type() const { return mode() & abi::S_IFMT; }
    bool is_directory() const { return type() == abi::S_IFDIR; }
    bool is_symlink() const { return type() == abi::S_IFLNK; }
    bool is_regular() const { return type() == abi::S_IFREG; }
    u32 uid() const { return uid_.load(std::memory_order_relaxed); }
    u32 gid() const { return gid_.load(std::memory_order_relaxed); }
    u32 links() const { return links_.load(std::memory_order_relaxed); }
    u64 size() const { return size_.load(std::memory_order_acquire); }
    object::DeviceNumber special() const { return special_; }

    void set_mode(u32 mode) { mode_.store(mode, std::memory_order_relaxed); }
    void set_owner(u32 uid, u32 gid) {
        uid_.store(uid, std::memory_order_relaxed);
        gid_.store(gid, std::memory_order_relaxed);
    }
    void set_links(u32 n) { links_.store(n, std::memory_order_relaxed); }
    void add_links(i32 n) { links_.fetch_add(static_cast<u32>(n), std::memory_order_relaxed); }
    void set_size(u64 size) { size_.store(size, std::memory_order_release); }
    void set_special(object::DeviceNumber d) { special_ = d; }
    i64 accessed_ns() const { return accessed_.load(std::memory_order_relaxed); }
    i64 modified_ns() const { return modified_.load(std::memory_order_relaxed); }
    i64 changed_ns() const { return changed_.load(std::memory_order_relaxed); }
    void set_times(i64 accessed, i64 modified, i64 changed) {
        accessed_.store(accessed, std::memory_order_relaxed);
        modified_.store(modified, std::memory_order_relaxed);
        changed_.store(changed, std::memory_order_relaxed);
    }
    // Sets them to now (the coarse clock).
    void touch_modified();
    void touch_changed();
    // At a read, through a mount with these flags (abi::MS_NOATIME, NODIRATIME, RELATIME).
    void touch_accessed(u64 mount_flags);

    // Null: the mode says all. Read under RCU or `lock`, changed under `lock` (acl_attributes.h).
    const AccessLists* access_lists() const { return lists_.read(); }
    // The old ones are given back when nobody reads them any more.
    void set_access_lists(Own<AccessLists> fresh);

    // Writers and those who forbid them: ETXTBSY between open for writing and exec.
    Result<void> begin_write_access();
    void end_write_access() { writers_.fetch_sub(1, std::memory_order_relaxed); }
    Result<void> deny_write_access();
    // Who has it open for reading alone, and for writing: whether a lease can be had.
    void add_reader() { readers_.fetch_add(1, std::memory_order_relaxed); }
    void remove_reader() { readers_.fetch_sub(1, std::memory_order_relaxed); }
    i32 readers() const { return readers_.load(std::memory_order_relaxed); }
    i32 writers() const { return writers_.load(std::memory_order_relaxed); }
    void allow_write_access() { writers_.fetch_add(1, std::memory_order_relaxed); }

    // flock and POSIX locks on this file; null until the first.
    std::atomic<LockList*> locks{nullptr};
    // Who wants to hear of it (notify.h); null until the first.
    std::atomic<notify::WatchList*> watches{nullptr};

    // Serialises changes: of a directory's names; of a file's size and data.
    using Lock = sched::RwLock<sync::Rank::kInode>;
    mutable Lock lock;

  private:
    Ref<Superblock> super_;
    const bool revalidates_;
    u64 number_;
    std::atomic<u32> mode_;
    std::atomic<u32> uid_{0}, gid_{0};
    rcu::Pointer<AccessLists> lists_;
    std::atomic<u32> links_{1};
    std::atomic<i32> writers_{0};
    std::atomic<i32> readers_{0};
    object::DeviceNumber special_;
    std::atomic<u64> size_{0};
    std::atomic<i64> accessed_{0}, modified_{0}, changed_{0};
    i64 born_ = 0;
    rcu::Head rcu_;
};

// May `caller` do `mask` (abi::R_OK, W_OK, X_OK) to the inode? EACCES. Linux: generic_permission.
Result<void> check_permission(const Inode& inode, const object::Credentials& credentials, u32 mask);
// The same for what has no inode.
Result<void> check_permission(u32 mode, u32 uid, u32 gid, const object::Credentials& credentials, u32 mask);
// CAP_FOWNER or the owner: chmod, utimes, sticky directories.
bool owner_or_capable(const Inode& inode, const object::Credentials& credentials);

// FIFOs: ipc/ registers how they are opened. `inode` is the identity of the pipe: the opener keeps a table by it.
using FifoOpener = Result<Ref<object::File>> (*)(const OpenContext& ctx, Inode& inode);
void set_fifo_opener(FifoOpener opener);
// ENXIO until one is registered.
Result<Ref<object::File>> open_fifo(const OpenContext& ctx, Inode& inode);

// Character and block devices: (type, major, minor) to opener. Drivers register at start-up, for good.
struct DeviceOpenContext {
    OpenContext open;
    object::DeviceNumber number;
    void* context;  // as registered
};
using DeviceOpener = Result<Ref<object::File>> (*)(const DeviceOpenContext& ctx);
enum class DeviceKind : u8 { kCharacter, kBlock };
// `count` minors from number.minor on. `name` is for /proc/devices. EEXIST, ENOMEM.
Result<void> register_device(DeviceKind kind, object::DeviceNumber number, u32 count, std::string_view name,
                             DeviceOpener opener, void* context = nullptr);
// ENXIO: nobody has registered it.
Result<Ref<object::File>> open_device(DeviceKind kind, object::DeviceNumber number, const OpenContext& ctx);

}  // namespace fs
