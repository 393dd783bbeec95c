// flock(2).
#include "abi/linux/fcntl.h"
#include "fs/inode.h"
#include "fs/locks.h"
#include "fs/path.h"
#include "generated/syscall_prototypes.h"
#include "process/process.h"

namespace linux_abi {

Result<i64> sys_flock(Ctx& ctx, i32 fd, u32 cmd) {
    const bool wait = (cmd & abi::LOCK_NB) == 0;
    const u32 kind = cmd & ~static_cast<u32>(abi::LOCK_NB);
    if (kind != abi::LOCK_SH && kind != abi::LOCK_EX && kind != abi::LOCK_UN) return Errno::kINVAL;
    object::FileRef file = TRY(ctx.task.files().get(fd));
    fs::Inode* inode = fs::inode_of(*file);
    if (inode == nullptr) return Errno::kINVAL;
    const fs::FileLock lock{.owner = file.get(),
                            .kind = fs::LockKind::kFlock,
                            .exclusive = kind == abi::LOCK_EX,
                            .pid = ctx.task.process().pid()};
    TRY(fs::set_lock(*inode, lock, kind == abi::LOCK_UN, wait));
    return 0;
}

}  // namespace linux_abi
