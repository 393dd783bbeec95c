// read, write and their relatives with offsets and vectors; lseek, readahead, fadvise64.
#include "abi/linux/fcntl.h"
#include "generated/syscall_prototypes.h"
#include "linux/io.h"
#include "net/socket.h"

namespace linux_abi {

using object::File;
using object::FileRef;
using object::IoCtx;

Result<void> Segments::fetch(vm::UserIn<abi::iovec> vec, u64 count) {
    if (count > vm::kMaxSegments) return Errno::kINVAL;
    segments_ = std::span(few_).first(count < kInPlace ? count : kInPlace);
    if (count > kInPlace) {
        TRY(many_.try_resize(count));
        segments_ = many_.span();
    }
    for (usize i = 0; i < count; i++) {
        const abi::iovec v = TRY(vec.fetch_at(i));
        if (static_cast<i64>(v.iov_len) < 0) return Errno::kINVAL;
        if (v.iov_base > kUserLimit || v.iov_len > kUserLimit - v.iov_base) return Errno::kFAULT;
        const usize room = vm::kMaxTransfer - total_;
        segments_[i] = {v.iov_base, v.iov_len < room ? v.iov_len : room};
        total_ += segments_[i].length;
    }
    return {};
}

namespace {

Result<FileRef> readable(Ctx& ctx, i32 fd) {
    FileRef file = TRY(ctx.task.files().get(fd));
    if (!file->readable()) return Errno::kBADF;
    return file;
}
Result<FileRef> writable(Ctx& ctx, i32 fd) {
    FileRef file = TRY(ctx.task.files().get(fd));
    if (!file->writable()) return Errno::kBADF;
    return file;
}
// A buffer must lie in user space as a whole, whatever is mapped there (Linux: access_ok).
Result<void> check(vm::UserSpan buf) {
    if (buf.len > kUserLimit || buf.addr.value > kUserLimit - buf.len) return Errno::kFAULT;
    return {};
}
vm::UserSpan cut(vm::UserSpan buf) { return {buf.addr, linux_abi::cut(buf.len)}; }

// pread and pwrite work where there is an offset to speak of; not on pipes, sockets and terminals.
Result<void> check_positioned(const File& file, i64 pos) {
    if (pos < 0) return Errno::kINVAL;
    if ((file.mode() & (File::kSeekable | File::kPositioned)) == 0) return Errno::kSPIPE;
    return {};
}

// A finished read, counted for /proc/PID/io.
[[gnu::always_inline]] inline Result<i64> read_done(Ctx& ctx, const File& file, const Result<usize>& done) {
    process::Task::Transfers& t = ctx.task.transfers;
    t.reads++;
    if (done.ok()) [[likely]]
        t.bytes_read += done.value();
    return count_of(file, done);
}

// Datagram and packet sockets that nobody reads give EPIPE without the signal.
[[gnu::always_inline]] inline Result<i64> written(Ctx& ctx, File& file, const Result<usize>& done) {
    process::Task::Transfers& t = ctx.task.transfers;
    t.writes++;
    if (done.ok()) [[likely]]
        t.bytes_written += done.value();
    if (!done.ok() && done.error() == Errno::kPIPE) [[unlikely]] {
        const net::Socket* s = file.as<net::Socket>();
        if (s != nullptr && s->type() != abi::SOCK_STREAM) return done.error();
    }
    return linux_abi::written(ctx, file, done);
}

Result<i64> write_at(Ctx& ctx, File& file, vm::IoReader from, i64 pos, u32 flags) {
    IoCtx io = write_ctx(ctx, file, flags | IoCtx::kPositioned);
    u64 offset = static_cast<u64>(pos);
    return written(ctx, file, file.pwrite(io, from, offset));
}
Result<i64> read_at(Ctx& ctx, File& file, vm::IoWriter to, i64 pos, u32 flags) {
    IoCtx io = io_ctx(ctx, file, flags | IoCtx::kPositioned);
    return read_done(ctx, file, file.pread(io, to, static_cast<u64>(pos)));
}

Result<u32> io_flags(u32 rwf) {
    constexpr u32 kKnown = abi::RWF_HIPRI | abi::RWF_DSYNC | abi::RWF_SYNC | abi::RWF_NOWAIT | abi::RWF_APPEND;
    if ((rwf & ~kKnown) != 0) return Errno::kOPNOTSUPP;
    u32 flags = 0;
    if ((rwf & abi::RWF_NOWAIT) != 0) flags |= IoCtx::kNonBlock;
    if ((rwf & abi::RWF_APPEND) != 0) flags |= IoCtx::kAppend;
    if ((rwf & (abi::RWF_DSYNC | abi::RWF_SYNC)) != 0) flags |= IoCtx::kSync;
    return flags;
}

enum class Position : u8 { kOwn, kGiven };

Result<i64> read_vector(Ctx& ctx, i32 fd, vm::UserIn<abi::iovec> vec, u64 count, Position where, i64 pos, u32 rwf) {
    FileRef file = TRY(readable(ctx, fd));
    if (where == Position::kGiven) TRY(check_positioned(*file, pos));
    const u32 flags = TRY(io_flags(rwf));
    Segments segments;
    TRY(segments.fetch(vec, count));
    vm::IoWriter to = vm::IoWriter::from_iovec(segments.span(), segments.total());
    if (where == Position::kGiven) return read_at(ctx, *file, to, pos, flags);
    IoCtx io = io_ctx(ctx, *file, flags);
    return read_done(ctx, *file, file->read(io, to));
}

Result<i64> write_vector(Ctx& ctx, i32 fd, vm::UserIn<abi::iovec> vec, u64 count, Position where, i64 pos, u32 rwf) {
    FileRef file = TRY(writable(ctx, fd));
    if (where == Position::kGiven) TRY(check_positioned(*file, pos));
    const u32 flags = TRY(io_flags(rwf));
    Segments segments;
    TRY(segments.fetch(vec, count));
    vm::IoReader from = vm::IoReader::from_iovec(segments.span(), segments.total());
    if (where == Position::kGiven) return write_at(ctx, *file, from, pos, flags);
    IoCtx io = write_ctx(ctx, *file, flags);
    return written(ctx, *file, file->write(io, from));
}

}  // namespace

Result<i64> sys_read(Ctx& ctx, i32 fd, vm::UserSpan buf) {
    FileRef file = TRY(readable(ctx, fd));
    TRY(check(buf));
    vm::IoWriter to = vm::IoWriter::from_user(cut(buf));
    IoCtx io = io_ctx(ctx, *file);
    return read_done(ctx, *file, file->read(io, to));
}

Result<i64> sys_write(Ctx& ctx, i32 fd, vm::UserSpan buf) {
    FileRef file = TRY(writable(ctx, fd));
    TRY(check(buf));
    vm::IoReader from = vm::IoReader::from_user(cut(buf));
    IoCtx io = write_ctx(ctx, *file);
    return written(ctx, *file, file->write(io, from));
}

Result<i64> sys_pread64(Ctx& ctx, i32 fd, vm::UserSpan buf, i64 pos) {
    if (pos < 0) return Errno::kINVAL;
    FileRef file = TRY(ctx.task.files().get(fd));
    TRY(check_positioned(*file, pos));
    if (!file->readable()) return Errno::kBADF;
    TRY(check(buf));
    return read_at(ctx, *file, vm::IoWriter::from_user(cut(buf)), pos, 0);
}

Result<i64> sys_pwrite64(Ctx& ctx, i32 fd, vm::UserSpan buf, i64 pos) {
    if (pos < 0) return Errno::kINVAL;
    FileRef file = TRY(ctx.task.files().get(fd));
    TRY(check_positioned(*file, pos));
    if (!file->writable()) return Errno::kBADF;
    TRY(check(buf));
    return write_at(ctx, *file, vm::IoReader::from_user(cut(buf)), pos, 0);
}

Result<i64> sys_readv(Ctx& ctx, i32 fd, vm::UserIn<abi::iovec> vec, u64 vlen) {
    return read_vector(ctx, fd, vec, vlen, Position::kOwn, 0, 0);
}
Result<i64> sys_writev(Ctx& ctx, i32 fd, vm::UserIn<abi::iovec> vec, u64 vlen) {
    return write_vector(ctx, fd, vec, vlen, Position::kOwn, 0, 0);
}
// On x86-64 the low word is the whole offset.
Result<i64> sys_preadv(Ctx& ctx, i32 fd, vm::UserIn<abi::iovec> vec, u64 vlen, u64 pos_l, u64) {
    return read_vector(ctx, fd, vec, vlen, Position::kGiven, static_cast<i64>(pos_l), 0);
}
Result<i64> sys_pwritev(Ctx& ctx, i32 fd, vm::UserIn<abi::iovec> vec, u64 vlen, u64 pos_l, u64) {
    return write_vector(ctx, fd, vec, vlen, Position::kGiven, static_cast<i64>(pos_l), 0);
}
// An offset of -1 means the file's own.
Result<i64> sys_preadv2(Ctx& ctx, i32 fd, vm::UserIn<abi::iovec> vec, u64 vlen, u64 pos_l, u64, u32 flags) {
    const i64 pos = static_cast<i64>(pos_l);
    return read_vector(ctx, fd, vec, vlen, pos == -1 ? Position::kOwn : Position::kGiven, pos, flags);
}
Result<i64> sys_pwritev2(Ctx& ctx, i32 fd, vm::UserIn<abi::iovec> vec, u64 vlen, u64 pos_l, u64, u32 flags) {
    const i64 pos = static_cast<i64>(pos_l);
    return write_vector(ctx, fd, vec, vlen, pos == -1 ? Position::kOwn : Position::kGiven, pos, flags);
}

Result<i64> sys_lseek(Ctx& ctx, i32 fd, i64 offset, i32 whence) {
    FileRef file = TRY(ctx.task.files().get(fd));
    if (whence < 0 || whence > abi::SEEK_HOLE) return Errno::kINVAL;
    return file->seek(offset, whence);
}

// Everything lies in memory: there is nothing to read ahead.
Result<i64> sys_readahead(Ctx& ctx, i32 fd, i64, u64) {
    FileRef file = TRY(readable(ctx, fd));
    if (!file->place().dentry || (file->mode() & File::kSeekable) == 0) return Errno::kINVAL;
    return 0;
}

Result<i64> sys_fadvise64(Ctx& ctx, i32 fd, i64, u64 len, i32 advice) {
    FileRef file = TRY(ctx.task.files().get(fd));
    if ((file->mode() & (File::kSeekable | File::kPositioned)) == 0) return Errno::kSPIPE;
    if (static_cast<i64>(len) < 0 || advice < 0 || advice > abi::POSIX_FADV_NOREUSE) return Errno::kINVAL;
    return 0;
}

}  // namespace linux_abi
