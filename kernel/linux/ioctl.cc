// ioctl(2): what works on every file; the rest is the file's own.
#include "abi/linux/ioctl.h"
#include "abi/linux/fcntl.h"
#include "fs/path.h"
#include "generated/syscall_prototypes.h"
#include "object/file.h"
#include "process/io_signal.h"

namespace linux_abi {
namespace {

// FIONBIO: the int at `arg` turns the flag on or off.
Result<i64> set_nonblock(object::File& file, UserAddr arg) {
    const i32 on = TRY(vm::UserIn<i32>(arg).fetch());
    const u32 flags = on != 0 ? file.status_flags() | abi::O_NONBLOCK : file.status_flags() & ~u32{abi::O_NONBLOCK};
    TRY(file.check_status_flags(flags & abi::O_NONBLOCK));
    file.set_status_flags(flags);
    return 0;
}

// FIOASYNC: ENOTTY where O_ASYNC means nothing.
Result<i64> set_async(object::File& file, i32 fd, UserAddr arg) {
    const bool on = TRY(vm::UserIn<i32>(arg).fetch()) != 0;
    if (on == ((file.status_flags() & abi::FASYNC) != 0)) return 0;
    if (!file.can_signal()) return Errno::kNOTTY;
    TRY(process::set_async(file, fd, on));
    file.set_status_flags(on ? file.status_flags() | abi::FASYNC : file.status_flags() & ~u32{abi::FASYNC});
    return 0;
}

}  // namespace

Result<i64> sys_ioctl(Ctx& ctx, i32 fd, u32 cmd, u64 arg) {
    object::FileRef file = TRY(ctx.task.files().get(fd));
    switch (cmd) {
        case abi::FIOCLEX: TRY(ctx.task.files().set_cloexec(fd, true)); return 0;
        case abi::FIONCLEX: TRY(ctx.task.files().set_cloexec(fd, false)); return 0;
        case abi::FIONBIO: return set_nonblock(*file, UserAddr(arg));
        case abi::FIOASYNC: return set_async(*file, fd, UserAddr(arg));
        case abi::FIONREAD: {
            // Of regular files: what is left behind the offset. Others answer for themselves.
            const fs::Inode* inode = fs::inode_of(*file);
            if (inode == nullptr || !inode->is_regular()) break;
            TRY(vm::UserOut<i32>(UserAddr(arg))
                    .store(static_cast<i32>(static_cast<i64>(inode->size()) - file->position())));
            return 0;
        }
        case abi::FIOQSIZE: {
            const fs::Inode* inode = fs::inode_of(*file);
            if (inode == nullptr || !(inode->is_regular() || inode->is_directory())) return Errno::kNOTTY;
            object::Attributes attributes;
            TRY(file->stat(attributes));
            TRY(vm::UserOut<i64>(UserAddr(arg)).store(static_cast<i64>(attributes.blocks * 512)));
            return 0;
        }
        case abi::FIGETBSZ: {
            object::Attributes attributes;
            TRY(file->stat(attributes));
            if (attributes.block_size == 0) return Errno::kINVAL;
            TRY(vm::UserOut<i32>(UserAddr(arg)).store(static_cast<i32>(attributes.block_size)));
            return 0;
        }
        default: break;
    }
    object::IoctlCtx io{.thread = ctx.task,
                        .credentials = ctx.task.credentials(),
                        .file = *file,
                        .cmd = cmd,
                        .arg = UserAddr(arg),
                        .nonblock = file->nonblock()};
    return file->ioctl(io);
}

}  // namespace linux_abi
