// What calls do to names and files, with all of Linux's checks: open, mkdir, unlink, rename, chmod and the others.
// Callers: linux/*, process (exec), main (start-up), drivers that need files.
// Locks, context: thread context, no locks held; may sleep.
#pragma once

#include <span>
#include <string_view>

#include "fs/walk.h"

namespace fs {

// Makes a new file in place of Inode::create: for calls that say more about it than open(2) (mq_open).
class FileMaker {
  public:
    virtual Result<Ref<Inode>> make(const Caller& caller, Inode& directory, const NameKey& name, u32 mode) = 0;

  protected:
    ~FileMaker() = default;
};

struct OpenRequest {
    u32 flags;              // of open(2), already checked for unknown bits by openat2
    u32 mode = 0;           // for O_CREAT and O_TMPFILE, before umask
    u32 walk_flags = 0;     // RESOLVE_* as WalkFlags
    bool for_exec = false;  // needs X_OK, a regular file, no noexec mount; keeps writers away
    FileMaker* maker = nullptr;
};
Result<Ref<object::File>> open(const WalkCtx& ctx, std::string_view path, const OpenRequest& request);
// The same for a place already found; no creation, no links followed.
Result<Ref<object::File>> open_place(const Caller& caller, const Path& path, const OpenRequest& request);
// For exec: by path, or with AT_EMPTY_PATH by ctx.start. EACCES, ENOEXEC… as open.
Result<Ref<object::File>> open_for_exec(const WalkCtx& ctx, std::string_view path, u32 walk_flags);

Result<void> mknod(const WalkCtx& ctx, std::string_view path, u32 mode, object::DeviceNumber special);
Result<void> mkdir(const WalkCtx& ctx, std::string_view path, u32 mode);
Result<void> rmdir(const WalkCtx& ctx, std::string_view path);
Result<void> unlink(const WalkCtx& ctx, std::string_view path);
Result<void> symlink(const WalkCtx& ctx, std::string_view target, std::string_view path);
Result<void> link(const Path& source, const WalkCtx& to_ctx, std::string_view to);
Result<void> rename(const WalkCtx& from_ctx, std::string_view from, const WalkCtx& to_ctx, std::string_view to,
                    u32 flags);
// The target's text.
Result<String> read_link(const WalkCtx& ctx, std::string_view path, u32 walk_flags);

// access(2) for `credentials` in ctx.caller; mask of abi::R_OK ….
Result<void> access(const WalkCtx& ctx, std::string_view path, u32 walk_flags, u32 mask);
Result<void> chmod(const Caller& caller, const Path& path, u32 mode);
// ~0u leaves an id as it is, in both.
// Whether what belongs to `owner` and `group` may be given to `new_owner` and `new_group`.
bool may_chown(u32 owner, u32 group, const object::Credentials& c, u32 new_owner, u32 new_group);
Result<void> chown(const Caller& caller, const Path& path, u32 uid, u32 gid);
Result<void> truncate(const Caller& caller, const Path& path, u64 size, u64 file_size_limit);
// Which time, and to what: nanoseconds since 1970.
struct TimeChange {
    enum class Kind : u8 { kOmit, kNow, kSet };
    Kind kind = Kind::kOmit;
    i64 ns = 0;
};
Result<void> set_times(const Caller& caller, const Path& path, TimeChange accessed, TimeChange modified);

// EROFS if the mount or the file system is read-only.
Result<void> check_writable(const Path& path);

// A file with no name in a file system of its own: memfd_create and shared memory. `name` as /proc shows it
// ("memfd:NAME" is shown as "/memfd:NAME (deleted)"). `seals`: abi::F_SEAL_*, F_SEAL_SEAL when it may not be sealed.
Result<Ref<object::File>> create_memory_file(const Caller& caller, std::string_view name, u32 seals);
// The same of huge pages, of `size` bytes: also for mmap(MAP_HUGETLB). Promises none (vm/huge_object.h).
Result<Ref<object::File>> create_huge_file(const Caller& caller, std::string_view name, u64 size, u32 seals);

}  // namespace fs
