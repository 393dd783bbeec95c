// sendfile and copy_file_range: from file to file through one page of the kernel's.
#include <algorithm>

#include "abi/linux/stat.h"
#include "fs/path.h"
#include "generated/syscall_prototypes.h"
#include "linux/io.h"
#include "memory/page_allocator.h"

namespace linux_abi {

using object::File;
using object::FileRef;
using object::IoCtx;

namespace {

// One end of a copy: at an offset of the caller's, or at the file's own.
struct End {
    File& file;
    bool own_offset;
    u64 offset;
};

class CopyBuffer {
  public:
    static Result<CopyBuffer> create() { return CopyBuffer(TRY(memory::allocate_frame())); }
    CopyBuffer(CopyBuffer&& o) noexcept : frame_(std::exchange(o.frame_, nullptr)) {}
    CopyBuffer(const CopyBuffer&) = delete;
    CopyBuffer& operator=(const CopyBuffer&) = delete;
    CopyBuffer& operator=(CopyBuffer&&) = delete;
    ~CopyBuffer() {
        if (frame_ != nullptr) memory::free_frames(frame_, 0);
    }
    std::span<u8> bytes() const { return memory::page_bytes(frame_); }

  private:
    explicit CopyBuffer(memory::Frame* f) : frame_(f) {}
    memory::Frame* frame_;
};

Result<usize> read_some(Ctx& ctx, End& from, std::span<u8> to, u32 flags) {
    IoCtx io = io_ctx(ctx, from.file, flags);
    vm::IoWriter writer = vm::IoWriter::from_kernel(to);
    if (from.own_offset) return from.file.read(io, writer);
    io.flags |= IoCtx::kPositioned;
    const usize n = TRY(from.file.pread(io, writer, from.offset));
    from.offset += n;
    return n;
}

Result<usize> write_some(Ctx& ctx, End& to, std::span<const u8> from) {
    IoCtx io = write_ctx(ctx, to.file);
    vm::IoReader reader = vm::IoReader::from_kernel(from);
    if (to.own_offset) return to.file.write(io, reader);
    io.flags |= IoCtx::kPositioned;
    u64 offset = to.offset;
    const usize n = TRY(to.file.pwrite(io, reader, offset));
    to.offset += n;
    return n;
}

// Gives back what was read but could not be written.
void unread(End& from, usize n) {
    if (n == 0) return;
    if (from.own_offset) {
        (void)from.file.seek(-static_cast<i64>(n), abi::SEEK_CUR);
    } else {
        from.offset -= n;
    }
}

Result<usize> copy(Ctx& ctx, End& from, End& to, usize count) {
    CopyBuffer buffer = TRY(CopyBuffer::create());
    usize done = 0;
    while (done < count) {
        const std::span<u8> room = buffer.bytes().first(std::min(count - done, buffer.bytes().size()));
        const Result<usize> got = read_some(ctx, from, room, 0);
        if (!got.ok()) return done > 0 ? Result<usize>(done) : got;
        if (got.value() == 0) break;
        usize put = 0;
        while (put < got.value()) {
            const Result<usize> n = write_some(ctx, to, room.subspan(put, got.value() - put));
            if (!n.ok()) {
                unread(from, got.value() - put);
                return done + put > 0 ? Result<usize>(done + put) : n;
            }
            put += n.value();
        }
        done += put;
        if (ctx.task.interrupted()) break;
    }
    return done;
}

}  // namespace

Result<i64> sys_sendfile(Ctx& ctx, i32 out_fd, i32 in_fd, vm::UserInOut<i64> offset, u64 count) {
    FileRef in = TRY(ctx.task.files().get(in_fd));
    if (!in->readable()) return Errno::kBADF;
    const i64 start = offset ? TRY(offset.fetch()) : 0;
    if (offset && (in->mode() & (File::kSeekable | File::kPositioned)) == 0) return Errno::kSPIPE;
    FileRef out = TRY(ctx.task.files().get(out_fd));
    if (!out->writable()) return Errno::kBADF;
    if (start < 0 || (in->mode() & File::kSeekable) == 0 || out->append()) return Errno::kINVAL;
    End from{.file = *in, .own_offset = !offset, .offset = static_cast<u64>(start)};
    End to{.file = *out, .own_offset = true, .offset = 0};
    const Result<usize> done = copy(ctx, from, to, cut(count));
    if (offset) TRY(offset.store(static_cast<i64>(from.offset)));
    return written(ctx, done);
}

Result<i64> sys_copy_file_range(Ctx& ctx, i32 fd_in, vm::UserInOut<i64> off_in, i32 fd_out,
                                vm::UserInOut<i64> off_out, u64 len, u32 flags) {
    FileRef in = TRY(ctx.task.files().get(fd_in));
    FileRef out = TRY(ctx.task.files().get(fd_out));
    const i64 in_start = off_in ? TRY(off_in.fetch()) : in->position();
    const i64 out_start = off_out ? TRY(off_out.fetch()) : out->position();
    if (flags != 0) return Errno::kINVAL;
    object::Attributes in_attributes, out_attributes;
    TRY(in->stat(in_attributes));
    TRY(out->stat(out_attributes));
    for (const object::Attributes* a : {&in_attributes, &out_attributes}) {
        if ((a->mode & abi::S_IFMT) == abi::S_IFDIR) return Errno::kISDIR;
        if ((a->mode & abi::S_IFMT) != abi::S_IFREG) return Errno::kINVAL;
    }
    if (!in->readable() || !out->writable() || out->append()) return Errno::kBADF;
    const u64 from_byte = static_cast<u64>(in_start), to_byte = static_cast<u64>(out_start);
    // fs/read_write.c, generic_copy_file_checks(): ranges that wrap come before negative offsets, and only
    // what the source has counts for the rest.
    if (from_byte + len < from_byte || to_byte + len < to_byte) return Errno::kOVERFLOW;
    if (in_start < 0 || out_start < 0) return Errno::kINVAL;
    const u64 left = in_attributes.size > from_byte ? in_attributes.size - from_byte : 0;
    const usize count = cut(std::min(len, left));
    // Within one file the ranges may not overlap.
    if (fs::inode_of(*in) == fs::inode_of(*out) && from_byte < to_byte + count && to_byte < from_byte + count)
        return Errno::kINVAL;
    End from{.file = *in, .own_offset = !off_in, .offset = from_byte};
    End to{.file = *out, .own_offset = !off_out, .offset = to_byte};
    const Result<usize> done = copy(ctx, from, to, count);
    if (off_in) TRY(off_in.store(static_cast<i64>(from.offset)));
    if (off_out) TRY(off_out.store(static_cast<i64>(to.offset)));
    return written(ctx, done);
}

}  // namespace linux_abi
