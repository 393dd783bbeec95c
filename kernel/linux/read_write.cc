// read, write and their relatives with offsets and vectors; lseek, readahead, fadvise64.
#include "abi/linux/fcntl.h"
#include "abi/linux/stat.h"
#include "fs/inode.h"
#include "fs/path.h"
#include "generated/syscall_prototypes.h"
#include "linux/io.h"
#include "net/socket.h"

namespace linux_abi {

using object::File;
using object::FileRef;
using object::IoCtx;

Result<void> Segments::fetch(vm::UserIn<abi::iovec> vec, u64 count) {
    count = static_cast<u32>(count);  // as import_iovec() takes it
    if (count > vm::kMaxSegments) return Errno::kINVAL;
    segments_ = std::span(few_).first(count < kInPlace ? count : kInPlace);
    if (count > kInPlace) {
        TRY(many_.try_resize(count));
        segments_ = many_.span();
    }
    // All lengths are looked at before any address.
    bool negative = false;
    for (usize i = 0; i < count; i++) {
        const abi::iovec v = TRY(vec.fetch_at(i));
        negative = negative || static_cast<i64>(v.iov_len) < 0;
        segments_[i] = {v.iov_base, v.iov_len};
    }
    if (negative) return Errno::kINVAL;
    for (vm::IoSegment& segment : segments_) {
        if (segment.address > kUserLimit || segment.length > kUserLimit - segment.address) return Errno::kFAULT;
        const usize room = vm::kMaxTransfer - total_;
        segment.length = segment.length < room ? segment.length : room;
        total_ += segment.length;
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
vm::UserSpan cut(vm::UserSpan buf) { return {buf.addr, linux_abi::cut(buf.len)}; }

// pread and pwrite work where there is an offset to speak of; not on pipes, sockets and terminals. That comes before
// the access mode.
Result<FileRef> positioned(Ctx& ctx, i32 fd, i64 pos) {
    if (pos < 0) return Errno::kINVAL;
    FileRef file = TRY(ctx.task.files().get(fd));
    if ((file->mode() & (File::kSeekable | File::kPositioned)) == 0) return Errno::kSPIPE;
    return file;
}
// No transfer goes past the largest offset, however little of it there is (Linux: rw_verify_area).
Result<void> check_range(i64 pos, usize length) {
    i64 end = 0;
    if (__builtin_add_overflow(pos, length, &end)) return Errno::kINVAL;
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

Result<u32> io_flags(const File& file, u32 rwf) {
    constexpr u32 kKnown = abi::RWF_HIPRI | abi::RWF_DSYNC | abi::RWF_SYNC | abi::RWF_NOWAIT | abi::RWF_APPEND;
    if ((rwf & ~kKnown) != 0) return Errno::kOPNOTSUPP;
    // Of the file systems that we have, none promises not to wait (Linux: FMODE_NOWAIT).
    if ((rwf & abi::RWF_NOWAIT) != 0 && (file.mode() & File::kSeekable) != 0) return Errno::kOPNOTSUPP;
    u32 flags = 0;
    if ((rwf & abi::RWF_NOWAIT) != 0) flags |= IoCtx::kNonBlock;
    if ((rwf & abi::RWF_APPEND) != 0) flags |= IoCtx::kAppend;
    if ((rwf & (abi::RWF_DSYNC | abi::RWF_SYNC)) != 0) flags |= IoCtx::kSync;
    return flags;
}

enum class Position : u8 { kOwn, kGiven };

Result<i64> read_vector(Ctx& ctx, i32 fd, vm::UserIn<abi::iovec> vec, u64 count, Position where, i64 pos, u32 rwf) {
    FileRef file = TRY(where == Position::kGiven ? positioned(ctx, fd, pos) : ctx.task.files().get(fd));
    if (!file->readable()) return Errno::kBADF;
    Segments segments;
    TRY(segments.fetch(vec, count));
    if (segments.total() == 0) return 0;
    TRY(check_range(where == Position::kGiven ? pos : file->position(), segments.total()));
    const u32 flags = TRY(io_flags(*file, rwf));
    vm::IoWriter to = vm::IoWriter::from_iovec(segments.span(), segments.total());
    if (where == Position::kGiven) return read_at(ctx, *file, to, pos, flags);
    IoCtx io = io_ctx(ctx, *file, flags);
    return read_done(ctx, *file, file->read(io, to));
}

Result<i64> write_vector(Ctx& ctx, i32 fd, vm::UserIn<abi::iovec> vec, u64 count, Position where, i64 pos, u32 rwf) {
    FileRef file = TRY(where == Position::kGiven ? positioned(ctx, fd, pos) : ctx.task.files().get(fd));
    if (!file->writable()) return Errno::kBADF;
    Segments segments;
    TRY(segments.fetch(vec, count));
    if (segments.total() == 0) return 0;
    TRY(check_range(where == Position::kGiven ? pos : file->position(), segments.total()));
    const u32 flags = TRY(io_flags(*file, rwf));
    vm::IoReader from = vm::IoReader::from_iovec(segments.span(), segments.total());
    if (where == Position::kGiven) return write_at(ctx, *file, from, pos, flags);
    IoCtx io = write_ctx(ctx, *file, flags);
    return written(ctx, *file, file->write(io, from));
}

}  // namespace

Result<i64> sys_read(Ctx& ctx, i32 fd, vm::UserSpan buf) {
    FileRef file = TRY(readable(ctx, fd));
    TRY(check_buffer(buf, file->can_read()));
    TRY(check_range(file->position(), buf.len));
    vm::IoWriter to = vm::IoWriter::from_user(cut(buf));
    IoCtx io = io_ctx(ctx, *file);
    return read_done(ctx, *file, file->read(io, to));
}

Result<i64> sys_write(Ctx& ctx, i32 fd, vm::UserSpan buf) {
    FileRef file = TRY(writable(ctx, fd));
    TRY(check_buffer(buf, file->can_write()));
    TRY(check_range(file->position(), buf.len));
    vm::IoReader from = vm::IoReader::from_user(cut(buf));
    IoCtx io = write_ctx(ctx, *file);
    return written(ctx, *file, file->write(io, from));
}

Result<i64> sys_pread64(Ctx& ctx, i32 fd, vm::UserSpan buf, i64 pos) {
    FileRef file = TRY(positioned(ctx, fd, pos));
    if (!file->readable()) return Errno::kBADF;
    TRY(check_buffer(buf));
    TRY(check_range(pos, buf.len));
    return read_at(ctx, *file, vm::IoWriter::from_user(cut(buf)), pos, 0);
}

Result<i64> sys_pwrite64(Ctx& ctx, i32 fd, vm::UserSpan buf, i64 pos) {
    FileRef file = TRY(positioned(ctx, fd, pos));
    if (!file->writable()) return Errno::kBADF;
    TRY(check_buffer(buf));
    TRY(check_range(pos, buf.len));
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
Result<i64> sys_readahead(Ctx& ctx, i32 fd, i64, u64 count) {
    FileRef file = TRY(readable(ctx, fd));
    const fs::Inode* inode = fs::inode_of(*file);
    if (inode == nullptr || !inode->is_regular()) return Errno::kINVAL;
    return static_cast<i64>(count) < 0 ? Result<i64>(Errno::kINVAL) : 0;
}

Result<i64> sys_fadvise64(Ctx& ctx, i32 fd, i64, u64 len, i32 advice) {
    FileRef file = TRY(ctx.task.files().get(fd));
    object::Attributes attributes;
    if (file->stat(attributes).ok() && (attributes.mode & abi::S_IFMT) == abi::S_IFIFO) return Errno::kSPIPE;
    if (static_cast<i64>(len) < 0 || advice < 0 || advice > abi::POSIX_FADV_NOREUSE) return Errno::kINVAL;
    return 0;
}

}  // namespace linux_abi
