// fcntl(2): flags, record locks, owners of signals, leases, notices of directories.
#include "abi/linux/fcntl.h"

#include <limits>

#include "fs/inode.h"
#include "fs/leases.h"
#include "fs/locks.h"
#include "fs/path.h"
#include "generated/syscall_prototypes.h"
#include "linux/directory_notice.h"
#include "linux/io.h"
#include "process/io_signal.h"

namespace linux_abi {

using object::DescriptorTable;
using object::File;
using object::FileRef;

namespace {

Result<i64> number(const Result<int>& fd) {
    if (!fd.ok()) return fd.error();
    return fd.value();
}

// fs/fcntl.c, setfl(): what F_SETFL may change.
constexpr u32 kSettable = abi::O_APPEND | abi::O_NONBLOCK | abi::O_DIRECT | abi::O_NOATIME | abi::FASYNC;

Result<i64> get_flags(const File& file) {
    const u32 mode = file.mode();
    u32 flags = file.status_flags();
    if ((mode & File::kPath) != 0) return static_cast<i64>(flags);
    // open(2) sets it on 64-bit systems; pipes, sockets and other anonymous files were not opened.
    if (file.place().mount != nullptr) flags |= abi::O_LARGEFILE;
    if ((mode & (File::kRead | File::kWrite)) == (File::kRead | File::kWrite)) {
        flags |= abi::O_RDWR;
    } else if ((mode & File::kWrite) != 0) {
        flags |= abi::O_WRONLY;
    }
    return static_cast<i64>(flags);
}

// O_ASYNC only where the file can send signals (Linux: its fasync() sets the flag).
Result<i64> set_flags(File& file, int fd, u32 flags) {
    const u32 settable = file.can_signal() ? kSettable : kSettable & ~u32{abi::FASYNC};
    flags &= settable;
    TRY(file.check_status_flags(flags));
    if (((flags ^ file.status_flags()) & settable & abi::FASYNC) != 0)
        TRY(process::set_async(file, fd, (flags & abi::FASYNC) != 0));
    file.set_status_flags((file.status_flags() & ~settable) | flags);
    return 0;
}

// The byte range of a struct flock: EINVAL for a negative start, EOVERFLOW past the end (fs/locks.c).
Result<void> set_range(fs::FileLock& lock, const abi::flock& user, File& file) {
    i64 base = 0;
    switch (user.l_whence) {
        case abi::SEEK_SET: break;
        case abi::SEEK_CUR: base = file.position(); break;
        case abi::SEEK_END: {
            object::Attributes attributes;
            TRY(file.stat(attributes));
            base = static_cast<i64>(attributes.size);
            break;
        }
        default: return Errno::kINVAL;
    }
    i64 start = 0, end = 0;
    if (__builtin_add_overflow(base, user.l_start, &start)) return Errno::kOVERFLOW;
    if (start < 0) return Errno::kINVAL;
    if (user.l_len > 0) {
        if (__builtin_add_overflow(start, user.l_len - 1, &end)) return Errno::kOVERFLOW;
    } else if (user.l_len < 0) {
        if (start + user.l_len < 0) return Errno::kINVAL;
        end = start - 1;
        start += user.l_len;
    } else {
        end = std::numeric_limits<i64>::max();
    }
    lock.start = static_cast<u64>(start);
    lock.end = static_cast<u64>(end);
    return {};
}

struct LockCommand {
    bool get, open_file, wait;
};

Result<i64> record_lock(Ctx& ctx, File& file, LockCommand command, UserAddr arg) {
    const vm::UserInOut<abi::flock> user_lock(arg);
    abi::flock user = TRY(user_lock.fetch());
    fs::Inode* inode = fs::inode_of(file);
    fs::FileLock lock{.owner = command.open_file ? static_cast<const void*>(&file) : &ctx.task.files(),
                      .exclusive = user.l_type == abi::F_WRLCK,
                      .open_file = command.open_file,
                      .pid = command.open_file ? -1 : ctx.task.process().pid()};
    if (command.open_file && user.l_pid != 0) return Errno::kINVAL;
    if (user.l_type != abi::F_RDLCK && user.l_type != abi::F_WRLCK && (command.get || user.l_type != abi::F_UNLCK))
        return Errno::kINVAL;
    TRY(set_range(lock, user, file));
    if (inode == nullptr) return Errno::kINVAL;
    if (command.get) {
        fs::FileLock found;
        if (!fs::find_conflict(*inode, lock, found)) {
            user.l_type = abi::F_UNLCK;
        } else {
            user.l_type = found.exclusive ? abi::F_WRLCK : abi::F_RDLCK;
            user.l_whence = abi::SEEK_SET;
            user.l_start = static_cast<i64>(found.start);
            const bool to_end = found.end == static_cast<u64>(std::numeric_limits<i64>::max()) || found.end == ~u64{0};
            user.l_len = to_end ? 0 : static_cast<i64>(found.end - found.start + 1);
            user.l_pid = found.open_file ? -1 : found.pid;
        }
        TRY(user_lock.store(user));
        return 0;
    }
    if (user.l_type == abi::F_RDLCK && !file.readable()) return Errno::kBADF;
    if (user.l_type == abi::F_WRLCK && !file.writable()) return Errno::kBADF;
    TRY(fs::set_lock(*inode, lock, user.l_type == abi::F_UNLCK, command.wait));
    return 0;
}

Result<i64> set_owner(Ctx& ctx, File& file, i32 id) {
    if (id == std::numeric_limits<i32>::min()) return Errno::kINVAL;
    TRY(process::set_file_owner(file, id, id < 0 ? abi::F_OWNER_PGRP : abi::F_OWNER_PID, ctx.task.credentials()));
    return 0;
}

Result<i64> set_owner_ex(Ctx& ctx, File& file, UserAddr arg) {
    const abi::f_owner_ex owner = TRY(vm::UserIn<abi::f_owner_ex>(arg).fetch());
    if (owner.type < abi::F_OWNER_TID || owner.type > abi::F_OWNER_PGRP) return Errno::kINVAL;
    if (owner.pid < 0) return Errno::kSRCH;
    const i32 id = owner.type == abi::F_OWNER_PGRP ? -owner.pid : owner.pid;
    TRY(process::set_file_owner(file, id, owner.type, ctx.task.credentials()));
    return 0;
}

Result<i64> get_owner_ex(const File& file, UserAddr arg) {
    const i32 id = file.owner.id.load(std::memory_order_relaxed);
    const abi::f_owner_ex owner{.type = id < 0 ? abi::F_OWNER_PGRP : file.owner.type.load(std::memory_order_relaxed),
                                .pid = id < 0 ? -id : id};
    TRY(vm::UserOut<abi::f_owner_ex>(arg).store(owner));
    return 0;
}

// Linux: generic_setlease().
Result<i64> set_lease(Ctx& ctx, File& file, int fd, i32 type) {
    fs::Inode* inode = fs::inode_of(file);
    const object::Credentials& c = ctx.task.credentials();
    if (inode == nullptr) return Errno::kINVAL;
    if (type != abi::F_UNLCK) {
        if (c.fsuid != inode->uid() && !c.capable(abi::CAP_LEASE)) return Errno::kACCES;
        if (!inode->is_regular()) return Errno::kINVAL;
        if (fs::leases_enabled.get() == 0) return Errno::kINVAL;
        if (type != abi::F_RDLCK && type != abi::F_WRLCK) return Errno::kINVAL;
    }
    TRY(fs::set_lease(*inode, file, fd, ctx.task.process().pid(), type));
    if (type != abi::F_UNLCK) process::own_file_if_free(file, ctx.task);
    return 0;
}

Result<i64> get_lease(const File& file) {
    fs::Inode* inode = fs::inode_of(file);
    return static_cast<i64>(inode == nullptr ? abi::F_UNLCK : fs::lease_type(*inode, file));
}

// Commands that also work on O_PATH files (fs/fcntl.c, check_fcntl_cmd).
bool works_on_path(i32 cmd) {
    return cmd == abi::F_DUPFD || cmd == abi::F_DUPFD_CLOEXEC || cmd == abi::F_GETFD || cmd == abi::F_SETFD ||
           cmd == abi::F_GETFL;
}

}  // namespace

Result<i64> sys_fcntl(Ctx& ctx, i32 fd, i32 cmd, u64 arg) {
    DescriptorTable& files = ctx.task.files();
    FileRef file = TRY(files.get_any(fd));
    if (file->path_only() && !works_on_path(cmd)) return Errno::kBADF;
    const UserAddr address(arg);
    switch (cmd) {
        case abi::F_DUPFD: return number(files.dup_from(fd, static_cast<u32>(arg), false));
        case abi::F_DUPFD_CLOEXEC: return number(files.dup_from(fd, static_cast<u32>(arg), true));
        case abi::F_GETFD: return TRY(files.cloexec(fd)) ? abi::FD_CLOEXEC : 0;
        case abi::F_SETFD: TRY(files.set_cloexec(fd, (arg & abi::FD_CLOEXEC) != 0)); return 0;
        case abi::F_GETFL: return get_flags(*file);
        case abi::F_SETFL: return set_flags(*file, fd, static_cast<u32>(arg));
        case abi::F_GETLK: return record_lock(ctx, *file, {.get = true, .open_file = false, .wait = false}, address);
        case abi::F_SETLK: return record_lock(ctx, *file, {.get = false, .open_file = false, .wait = false}, address);
        case abi::F_SETLKW: return record_lock(ctx, *file, {.get = false, .open_file = false, .wait = true}, address);
        case abi::F_OFD_GETLK: return record_lock(ctx, *file, {.get = true, .open_file = true, .wait = false}, address);
        case abi::F_OFD_SETLK:
            return record_lock(ctx, *file, {.get = false, .open_file = true, .wait = false}, address);
        case abi::F_OFD_SETLKW:
            return record_lock(ctx, *file, {.get = false, .open_file = true, .wait = true}, address);
        case abi::F_GETOWN: return file->owner.id.load(std::memory_order_relaxed);
        case abi::F_SETOWN: return set_owner(ctx, *file, static_cast<i32>(arg));
        case abi::F_GETOWN_EX: return get_owner_ex(*file, address);
        case abi::F_SETOWN_EX: return set_owner_ex(ctx, *file, address);
        case abi::F_SETLEASE: return set_lease(ctx, *file, fd, static_cast<i32>(arg));
        case abi::F_GETLEASE: return get_lease(*file);
        case abi::F_NOTIFY: TRY(set_directory_notice(ctx.task, *file, fd, static_cast<u32>(arg))); return 0;
        case abi::F_GETSIG: return file->owner.signal.load(std::memory_order_relaxed);
        case abi::F_SETSIG:
            if (arg >= static_cast<u64>(abi::_NSIG)) return Errno::kINVAL;
            file->owner.signal.store(static_cast<i32>(arg), std::memory_order_relaxed);
            return 0;
        default: {
            object::IoCtx io = io_ctx(ctx, *file);
            return file->control(io, static_cast<u32>(cmd), arg);
        }
    }
}

}  // namespace linux_abi
