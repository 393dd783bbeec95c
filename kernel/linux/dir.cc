// getdents, getcwd, chdir, chroot.
#include <algorithm>
#include <limits>

#include "abi/linux/dirent.h"
#include "fs/notify.h"
#include "linux/file_args.h"

namespace linux_abi {
namespace {

// Entries as getdents64 (or the old getdents) lays them out, in a kernel buffer that is copied out in one go.
class EntryWriter final : public object::DirSink {
  public:
    EntryWriter(std::span<u8> buffer, bool old) : buffer_(buffer), old_(old) {}
    bool add(std::string_view name, u64 inode, u32 type, i64 next) override {
        const usize head = old_ ? abi::LINUX_DIRENT_NAME : abi::LINUX_DIRENT64_NAME;
        // The old form has the type in its last byte, behind the name's NUL.
        const usize length = align_up(head + name.size() + (old_ ? 2 : 1), usize{8});
        if (length > buffer_.size() - used_) {
            full_ = true;
            return false;
        }
        const std::span<u8> entry = buffer_.subspan(used_, length);
        base::fill(entry, 0);
        base::copy(entry, base::bytes_of(inode));
        base::copy(entry.subspan(8), base::bytes_of(next));
        base::copy(entry.subspan(16), base::bytes_of(static_cast<u16>(length)));
        entry[old_ ? length - 1 : 18] = static_cast<u8>(type);
        base::copy(entry.subspan(head), base::bytes_of(name));
        used_ += length;
        return true;
    }
    usize used() const { return used_; }
    bool full() const { return full_; }

  private:
    std::span<u8> buffer_;
    usize used_ = 0;
    const bool old_;
    bool full_ = false;
};

Result<i64> get_entries(Ctx& ctx, i32 fd, vm::UserSpan to, bool old) {
    object::FileRef f = TRY(ctx.task.files().get(fd));
    Vector<u8> buffer;
    // One call fills at most this much; callers come again. More than an int is less than nothing.
    const usize room = to.len > usize{std::numeric_limits<i32>::max()} ? 0 : to.len;
    TRY(buffer.try_resize(std::min<usize>(room, 32768)));
    EntryWriter writer(buffer.span(), old);
    object::IoCtx io = io_ctx(ctx, *f);
    const i64 before = f->position();
    TRY(f->iterate(io, writer));
    fs::notify::file(*f, abi::IN_ACCESS);
    if (writer.used() == 0) return writer.full() ? Result<i64>(Errno::kINVAL) : Result<i64>(0);
    if (!to.copy_out(std::as_const(buffer).span().first(writer.used())).ok()) {
        (void)f->seek(before, abi::SEEK_SET);
        return Errno::kFAULT;
    }
    return static_cast<i64>(writer.used());
}

}  // namespace

Result<i64> sys_getdents64(Ctx& ctx, i32 fd, vm::UserSpan dirent) { return get_entries(ctx, fd, dirent, false); }
Result<i64> sys_getdents(Ctx& ctx, i32 fd, vm::UserSpan dirent) { return get_entries(ctx, fd, dirent, true); }

Result<i64> sys_getcwd(Ctx& ctx, vm::UserSpan buf) {
    const fs::Path cwd = ctx.task.fs().cwd();
    if (cwd.dentry->deleted()) return Errno::kNOENT;
    fs::PathText text = TRY(fs::path_text(cwd, ctx.task.fs().root(), false));
    const usize length = text.text.size() + 1;
    if (length > buf.len) return Errno::kRANGE;
    TRY(buf.copy_out(base::bytes_of(std::string_view(text.text.c_str(), length))));
    return static_cast<i64>(length);
}

Result<i64> sys_chdir(Ctx& ctx, vm::UserCString filename) {
    [[clang::uninitialized]] PathArg path;
    TRY(path.fetch(filename));
    WalkFrom from(ctx);
    fs::Path found = TRY(fs::walk(*from, path.view(), fs::kFollow | fs::kDirectory));
    TRY(fs::check_permission(found.inode(), ctx.task.credentials(), abi::X_OK));
    ctx.task.fs().set_cwd(std::move(found));
    return 0;
}

Result<i64> sys_fchdir(Ctx& ctx, i32 fd) {
    object::FileRef f = TRY(ctx.task.files().get_any(fd));
    Result<fs::Path> path = fs::path_of(*f);
    if (!path.ok() || !path.value().inode().is_directory()) return Errno::kNOTDIR;
    TRY(fs::check_permission(path.value().inode(), ctx.task.credentials(), abi::X_OK));
    ctx.task.fs().set_cwd(path.take());
    return 0;
}

Result<i64> sys_chroot(Ctx& ctx, vm::UserCString filename) {
    [[clang::uninitialized]] PathArg path;
    TRY(path.fetch(filename));
    WalkFrom from(ctx);
    fs::Path found = TRY(fs::walk(*from, path.view(), fs::kFollow | fs::kDirectory));
    TRY(fs::check_permission(found.inode(), ctx.task.credentials(), abi::X_OK));
    if (!ctx.task.credentials().capable(abi::CAP_SYS_CHROOT)) return Errno::kPERM;
    ctx.task.fs().set_root(std::move(found));
    return 0;
}

}  // namespace linux_abi
