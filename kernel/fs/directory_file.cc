#include "fs/directory_file.h"

#include "abi/linux/dirent.h"
#include "fs/dentry.h"
#include "fs/path.h"

namespace fs {

Result<Ref<object::File>> DirectoryFile::create(Inode& inode, u32 flags) {
    return TRY(make_ref<DirectoryFile>(inode, flags));
}

Result<void> DirectoryFile::iterate(object::IoCtx& ctx, object::DirSink& sink) {
    PositionGuard position_guard(*this);
    if (inode_.links() == 0) return Errno::kNOENT;  // removed
    const Dentry* dentry = place().dentry;
    i64 at = position();
    if (at == 0) {
        if (!sink.add(".", inode_.number(), abi::DT_DIR, 1)) return {};
        set_position(at = 1);
    }
    if (at == 1) {
        const Inode* parent = dentry == nullptr ? &inode_ : dentry->parent()->inode();
        if (!sink.add("..", parent == nullptr ? inode_.number() : parent->number(), abi::DT_DIR, 2)) return {};
        set_position(at = 2);
    }
    // The credentials of a getdents do not matter to any file system (open has checked).
    [[clang::no_destroy]] static constinit const object::Credentials kNobody;
    inode_.lock.lock_shared();
    const Result<i64> next =
        inode_.links() == 0 ? Result<i64>(Errno::kNOENT) : inode_.iterate({ctx.thread, kNobody}, at, sink);
    inode_.lock.unlock_shared();
    if (!next.ok()) return next.error();
    set_position(next.value());
    touch_accessed(*this);
    return {};
}

}  // namespace fs
