// execve, execveat.
#include "process/exec.h"

#include "linux/file_args.h"

namespace linux_abi {
namespace {

// A path from user space; on the heap, since exec goes deep.
struct PathBuffer {
    PathBuffer() {}  // left as it is, the copy fills what counts
    std::array<char, 4096> text;
};

struct Path {
    Own<PathBuffer> buffer;
    std::string_view view;
};

Result<Path> fetch_path(vm::UserCString from) {
    Path path;
    path.buffer = TRY(make_own<PathBuffer>());
    const usize length = TRY(from.fetch(path.buffer->text));
    path.view = std::string_view(path.buffer->text.data(), length);
    return path;
}

Result<i64> run(Ctx& ctx, const fs::WalkCtx& walk, std::string_view path, u32 flags, std::string_view name,
                UserAddr argv, UserAddr envp) {
    Ref<object::File> file = TRY(fs::open_for_exec(walk, path, flags));
    TRY(process::exec(ctx, std::move(file), name, {.user_argv = argv, .user_envp = envp}));
    return 0;
}

}  // namespace

Result<i64> sys_execve(Ctx& ctx, vm::UserCString filename, UserAddr argv, UserAddr envp) {
    const Path path = TRY(fetch_path(filename));
    const fs::WalkCtx walk{ctx.task.fs(), {ctx.task, ctx.task.credentials()}};
    return run(ctx, walk, path.view, fs::kFollow, path.view, argv, envp);
}

Result<i64> sys_execveat(Ctx& ctx, i32 dfd, vm::UserCString filename, UserAddr argv, UserAddr envp, u32 flags) {
    constexpr u32 kKnown = abi::AT_EMPTY_PATH | abi::AT_SYMLINK_NOFOLLOW;
    const Path path = TRY(fetch_path(filename));
    if (path.view.empty() && (flags & abi::AT_EMPTY_PATH) == 0) return Errno::kNOENT;
    if ((flags & ~kKnown) != 0) return Errno::kINVAL;
    const u32 walk_flags = ((flags & abi::AT_SYMLINK_NOFOLLOW) == 0 ? u32{fs::kFollow} : 0) |
                           ((flags & abi::AT_EMPTY_PATH) != 0 ? u32{fs::kEmptyPath} : 0);
    WalkFrom from(ctx);
    const Result<void> started = from.at(ctx, dfd, path.view, walk_flags);
    if (from.nameless() != nullptr) return Errno::kACCES;
    if (!started.ok()) return started.error();
    if (from->start == nullptr) return run(ctx, *from, path.view, walk_flags, path.view, argv, envp);
    // What the program sees as its name (Linux: alloc_bprm()).
    FixedString<4200> name;
    base::format_to(name, "/dev/fd/{}", dfd);
    if (!path.view.empty()) {
        name.append("/");
        name.append(path.view);
    }
    return run(ctx, *from, path.view, walk_flags, name.view(), argv, envp);
}

}  // namespace linux_abi
