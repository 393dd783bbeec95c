// name_to_handle_at, open_by_handle_at.
#include "fs/file_handle.h"
#include "linux/file_args.h"

namespace linux_abi {
namespace {

// struct file_handle without its bytes.
struct HandleHeader {
    u32 bytes;
    i32 type;
};
constexpr u32 kMostBytes = 128;  // MAX_HANDLE_SZ

}  // namespace

Result<i64> sys_name_to_handle_at(Ctx& ctx, i32 dfd, vm::UserCString name, UserAddr handle, vm::UserOut<i32> mnt_id,
                                  u32 flag) {
    if ((flag & ~u32{abi::AT_SYMLINK_FOLLOW | abi::AT_EMPTY_PATH}) != 0) return Errno::kINVAL;
    [[clang::uninitialized]] PathArg path;
    TRY(path.fetch(name));
    u32 walk = (flag & abi::AT_SYMLINK_FOLLOW) != 0 ? u32{fs::kFollow} : 0;
    if ((flag & abi::AT_EMPTY_PATH) != 0) walk |= fs::kEmptyPath;
    WalkFrom from(ctx);
    const Result<void> started = from.at(ctx, dfd, path.view(), walk);
    if (from.nameless() != nullptr) return Errno::kOPNOTSUPP;
    if (!started.ok()) return started.error();
    const fs::Path found = TRY(fs::walk(*from, path.view(), walk));
    const fs::FileHandle result = TRY(fs::handle_of(found));
    const vm::UserInOut<HandleHeader> header(handle);
    HandleHeader h = TRY(header.fetch());
    if (h.bytes > kMostBytes) return Errno::kINVAL;
    const bool fits = h.bytes >= sizeof(result);
    h = {sizeof(result), fits ? fs::FileHandle::kType : 0xff};  // FILEID_INVALID
    TRY(mnt_id.store(static_cast<i32>(found.mount->id())));
    TRY(header.store(h));
    if (!fits) return Errno::kOVERFLOW;
    TRY(vm::UserOut<fs::FileHandle>(handle + sizeof(h)).store(result));
    return 0;
}

Result<i64> sys_open_by_handle_at(Ctx& ctx, i32 mountdirfd, UserAddr handle, u32 flags) {
    if (!ctx.task.credentials().capable(abi::CAP_DAC_READ_SEARCH)) return Errno::kPERM;
    const HandleHeader h = TRY(vm::UserIn<HandleHeader>(handle).fetch());
    if (h.bytes > kMostBytes || h.bytes == 0) return Errno::kINVAL;
    std::array<u8, kMostBytes> bytes;
    TRY(vm::UserSpan{handle + sizeof(h), h.bytes}.copy_in(std::span(bytes).first(h.bytes)));
    const fs::Path at = mountdirfd == abi::AT_FDCWD ? ctx.task.fs().cwd()
                                                    : TRY(fs::path_of(*TRY(ctx.task.files().get_any(mountdirfd))));
    fs::FileHandle wanted;
    if (h.bytes < sizeof(wanted) || h.type != fs::FileHandle::kType) return Errno::kSTALE;
    base::copy(base::writable_bytes_of(wanted), std::span<const u8>(bytes).first(sizeof(wanted)));
    const fs::Path found = TRY(fs::find_by_handle(caller_of(ctx), at.mount, wanted));
    Ref<object::File> file = TRY(fs::open_place(caller_of(ctx), found, {.flags = flags | abi::O_LARGEFILE}));
    return static_cast<i64>(TRY(ctx.task.files().install(std::move(file), (flags & abi::O_CLOEXEC) != 0)));
}

}  // namespace linux_abi
