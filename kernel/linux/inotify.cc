// inotify_init, inotify_init1, inotify_add_watch, inotify_rm_watch.
#include "ipc/inotify.h"

#include "linux/file_args.h"

namespace linux_abi {
namespace {

constexpr u32 kKnown = abi::IN_ALL_EVENTS | abi::IN_UNMOUNT | abi::IN_Q_OVERFLOW | abi::IN_IGNORED | abi::IN_ONLYDIR |
                       abi::IN_DONT_FOLLOW | abi::IN_EXCL_UNLINK | abi::IN_MASK_ADD | abi::IN_MASK_CREATE |
                       abi::IN_ISDIR | abi::IN_ONESHOT;

}  // namespace

Result<i64> sys_inotify_init1(Ctx& ctx, u32 flags) {
    Ref<ipc::InotifyFile> file = TRY(ipc::InotifyFile::create(flags & abi::IN_NONBLOCK, ctx.task.credentials().uid));
    return TRY(ctx.task.files().install(std::move(file), (flags & abi::IN_CLOEXEC) != 0));
}
Result<i64> sys_inotify_init(Ctx& ctx) { return sys_inotify_init1(ctx, 0); }

Result<i64> sys_inotify_add_watch(Ctx& ctx, i32 fd, vm::UserCString pathname, u32 mask) {
    if ((mask & ~kKnown) != 0 || mask == 0) return Errno::kINVAL;
    object::FileRef file = TRY(ctx.task.files().get(fd));
    if ((mask & abi::IN_MASK_ADD) != 0 && (mask & abi::IN_MASK_CREATE) != 0) return Errno::kINVAL;
    auto* inotify = file->as<ipc::InotifyFile>();
    if (inotify == nullptr) return Errno::kINVAL;
    [[clang::uninitialized]] PathArg path;
    TRY(path.fetch(pathname));
    WalkFrom from(ctx);
    u32 walk = (mask & abi::IN_DONT_FOLLOW) != 0 ? 0 : u32{fs::kFollow};
    if ((mask & abi::IN_ONLYDIR) != 0) walk |= fs::kDirectory;
    const fs::Path found = TRY(fs::walk(*from, path.view(), walk));
    TRY(fs::check_permission(found.inode(), ctx.task.credentials(), abi::R_OK));
    return TRY(inotify->add_watch(found.inode(), mask));
}

Result<i64> sys_inotify_rm_watch(Ctx& ctx, i32 fd, i32 wd) {
    object::FileRef file = TRY(ctx.task.files().get(fd));
    auto* inotify = file->as<ipc::InotifyFile>();
    if (inotify == nullptr) return Errno::kINVAL;
    TRY(inotify->remove_watch(wd));
    return 0;
}

}  // namespace linux_abi
