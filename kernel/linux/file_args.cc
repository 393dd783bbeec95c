#include "linux/file_args.h"

#include "abi/linux/resource.h"

namespace linux_abi {

Result<void> PathArg::fetch_long(vm::UserCString from) {
    TRY(long_.try_resize(abi::PATH_MAX));
    const usize n = TRY(from.fetch(long_.span()));
    view_ = std::string_view(long_.begin(), n);
    return {};
}

Result<void> WalkFrom::from_descriptor(Ctx& ctx, i32 dfd, bool itself) {
    object::FileRef file = TRY(ctx.task.files().get_any(dfd));
    Result<fs::Path> path = fs::path_of(*file);
    if (!path.ok()) {
        if (itself) nameless_ = file.ref();
        return Errno::kNOTDIR;
    }
    start_.emplace(path.take());
    walk_.start = &*start_;
    return {};
}

u64 file_size_limit(Ctx& ctx) { return ctx.task.process().limits().soft(abi::RLIMIT_FSIZE); }

}  // namespace linux_abi
