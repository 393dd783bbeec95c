// What the calls that move bytes share: the context for a File, iovecs, and the signals that failed writes send.
// Callers: linux/read_write.cc, splice.cc and others that read or write files.
// Locks, context: thread context of the calling task.
#pragma once

#include <array>

#include "abi/linux/resource.h"
#include "abi/linux/signal.h"
#include "abi/linux/uio.h"
#include "base/vector.h"
#include "fs/notify.h"
#include "object/file.h"
#include "process/ctx.h"
#include "process/process.h"
#include "process/signal.h"

namespace linux_abi {

using process::Ctx;

inline object::IoCtx io_ctx(Ctx& ctx, const object::File& file, u32 flags = 0) {
    const u32 status = file.status_flags();
    if ((status & abi::O_NONBLOCK) != 0) flags |= object::IoCtx::kNonBlock;
    return {.thread = ctx.task, .flags = flags, .credentials = &ctx.task.credentials()};
}
// The same for a write: with O_APPEND, O_SYNC and the limit on file sizes.
inline object::IoCtx write_ctx(Ctx& ctx, const object::File& file, u32 flags = 0) {
    const u32 status = file.status_flags();
    if ((status & abi::O_APPEND) != 0) flags |= object::IoCtx::kAppend;
    if ((status & abi::O_DSYNC) != 0) flags |= object::IoCtx::kSync;
    object::IoCtx io = io_ctx(ctx, file, flags);
    io.file_size_limit = ctx.task.process().limits().soft(abi::RLIMIT_FSIZE);
    return io;
}

// Linux's MAX_RW_COUNT: a longer transfer is cut, not refused.
inline usize cut(usize n) { return n < vm::kMaxTransfer ? n : vm::kMaxTransfer; }

// A buffer must lie in user space as a whole, whatever is mapped there (Linux: access_ok). EFAULT; EINVAL when the file
// cannot be read or written at all: not `usable`.
inline Result<void> check_buffer(vm::UserSpan buf, bool usable = true) {
    if (buf.len > kUserLimit || buf.addr.value > kUserLimit - buf.len) return usable ? Errno::kFAULT : Errno::kINVAL;
    return {};
}

// A finished write: EPIPE and EFBIG come with their signals.
[[gnu::always_inline]] inline Result<i64> written(Ctx& ctx, const Result<usize>& done) {
    if (done.ok()) [[likely]]
        return static_cast<i64>(done.value());
    if (done.error() == Errno::kPIPE) process::send_signal_to_self(ctx.task, abi::SIGPIPE);
    if (done.error() == Errno::kFBIG) process::send_signal_to_self(ctx.task, abi::SIGXFSZ);
    return done.error();
}
inline Result<i64> count_of(const Result<usize>& done) {
    if (!done.ok()) return done.error();
    return static_cast<i64>(done.value());
}

// The same, and those who watch the file hear of it.
[[gnu::always_inline]] inline Result<i64> written(Ctx& ctx, const object::File& file, const Result<usize>& done) {
    if (done.ok() && done.value() > 0) fs::notify::file(file, abi::IN_MODIFY);
    return written(ctx, done);
}
[[gnu::always_inline]] inline Result<i64> count_of(const object::File& file, const Result<usize>& done) {
    if (done.ok() && done.value() > 0) fs::notify::file(file, abi::IN_ACCESS);
    return count_of(done);
}

// The segments of a readv or writev, copied and checked (EINVAL, EFAULT as Linux's import_iovec). A few live in place.
class Segments {
  public:
    Result<void> fetch(vm::UserIn<abi::iovec> vec, u64 count);
    std::span<const vm::IoSegment> span() const { return segments_; }
    usize total() const { return total_; }

  private:
    static constexpr usize kInPlace = abi::UIO_FASTIOV;
    std::array<vm::IoSegment, kInPlace> few_{};
    Vector<vm::IoSegment> many_;
    std::span<vm::IoSegment> segments_;
    usize total_ = 0;
};

}  // namespace linux_abi
