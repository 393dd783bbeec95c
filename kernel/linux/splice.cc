// sendfile and copy_file_range: from file to file, out of the page cache where there is one. splice, tee and
// vmsplice: to and from pipes, by reference on pages. Source: Linux 6.1 fs/splice.c, fs/read_write.c.
#include <algorithm>
#include <array>

#include "abi/linux/stat.h"
#include "fs/path.h"
#include "generated/syscall_prototypes.h"
#include "ipc/pipe.h"
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

// The page cache behind a regular file, for reading at an offset; null for files whose text is made as it is
// read.
OptRef<vm::MemoryObject> cache_of(Ctx& ctx, File& file) {
    object::Attributes attributes;
    if ((file.mode() & File::kSeekable) == 0 || !file.stat(attributes).ok()) return nullptr;
    if ((attributes.mode & abi::S_IFMT) != abi::S_IFREG || fs::inode_of(file) == nullptr) return nullptr;
    Result<Ref<vm::MemoryObject>> object = file.map(
        {.thread = ctx.task, .offset = 0, .length = kPageSize, .shared = false, .write = false, .execute = false});
    if (!object.ok() || object.value()->kind() == vm::MemoryObject::Kind::kDevice) return nullptr;
    return OptRef<vm::MemoryObject>(object.take());
}

// The page of `cache` at byte `at`. Empty for a hole of a file in memory, which stays one, and at the end.
Result<vm::PageRef> cached_page(vm::MemoryObject& cache, u64 at) {
    if (at >= cache.size()) return vm::PageRef();
    vm::PageRef page = cache.find_page(at >> kPageShift);
    if (page || cache.kind() != vm::MemoryObject::Kind::kFile) return page;
    return cache.get_page(at >> kPageShift, vm::PageAccess::kRead);
}

// One round of a copy: at most a page, straight out of the page cache or by way of `buffer`.
Result<usize> copy_piece(Ctx& ctx, End& from, End& to, usize most, vm::MemoryObject* cache, CopyBuffer& buffer) {
    if (cache != nullptr) {
        const u64 at = from.own_offset ? static_cast<u64>(from.file.position()) : from.offset;
        const vm::PageRef page = TRY(cached_page(*cache, at));
        if (page) {
            const usize within = at & (kPageSize - 1);
            const usize n = std::min<u64>({most, kPageSize - within, cache->size() - at});
            const usize put = TRY(write_some(ctx, to, page.bytes().subspan(within, n)));
            if (from.own_offset) {
                (void)from.file.seek(static_cast<i64>(at + put), abi::SEEK_SET);
            } else {
                from.offset += put;
            }
            return put;
        }
    }
    const std::span<u8> room = buffer.bytes().first(std::min(most, buffer.bytes().size()));
    const usize got = TRY(read_some(ctx, from, room, 0));
    usize put = 0;
    while (put < got) {
        const Result<usize> n = write_some(ctx, to, room.subspan(put, got - put));
        if (!n.ok()) {
            unread(from, got - put);
            if (put > 0) return put;
            return n;
        }
        put += n.value();
    }
    return put;
}

Result<usize> copy(Ctx& ctx, End& from, End& to, usize count) {
    CopyBuffer buffer = TRY(CopyBuffer::create());
    const OptRef<vm::MemoryObject> cache = cache_of(ctx, from.file);
    usize done = 0;
    while (done < count) {
        const Result<usize> n = copy_piece(ctx, from, to, count - done, cache.get(), buffer);
        if (!n.ok()) return done > 0 ? Result<usize>(done) : n;
        if (n.value() == 0) break;
        done += n.value();
        if (ctx.task.interrupted()) break;
    }
    return done;
}

}  // namespace

namespace {

u32 type_of(File& file) {
    object::Attributes a;
    return file.stat(a).ok() ? a.mode & abi::S_IFMT : 0;
}

// sendfile(2), from the file's own offset or from `offset`, which it moves on (Linux: do_sendfile).
Result<i64> send_file(Ctx& ctx, i32 out_fd, i32 in_fd, i64* offset, u64 count) {
    FileRef in = TRY(ctx.task.files().get(in_fd));
    if (!in->readable()) return Errno::kBADF;
    if (offset != nullptr && (in->mode() & (File::kSeekable | File::kPositioned)) == 0) return Errno::kSPIPE;
    const i64 start = offset != nullptr ? *offset : in->position();
    i64 end = 0;
    if (start < 0 || static_cast<i64>(count) < 0 || __builtin_add_overflow(start, count, &end)) return Errno::kINVAL;
    FileRef out = TRY(ctx.task.files().get(out_fd));
    if (!out->writable()) return Errno::kBADF;
    if ((in->mode() & File::kSeekable) == 0 || type_of(*in) == abi::S_IFDIR || out->append()) return Errno::kINVAL;
    End from{.file = *in, .own_offset = offset == nullptr, .offset = static_cast<u64>(start)};
    End to{.file = *out, .own_offset = true, .offset = 0};
    const Result<usize> done = copy(ctx, from, to, cut(count));
    if (offset != nullptr) *offset = static_cast<i64>(from.offset);
    if (done.ok() && done.value() > 0) fs::notify::file(*in, abi::IN_ACCESS);
    return written(ctx, *out, done);
}

}  // namespace

Result<i64> sys_sendfile(Ctx& ctx, i32 out_fd, i32 in_fd, vm::UserInOut<i64> offset, u64 count) {
    if (!offset) return send_file(ctx, out_fd, in_fd, nullptr, count);
    i64 at = TRY(offset.fetch());
    const Result<i64> sent = send_file(ctx, out_fd, in_fd, &at, count);
    TRY(offset.store(at));  // also after an error, which EFAULT hides
    return sent;
}

Result<i64> sys_copy_file_range(Ctx& ctx, i32 fd_in, vm::UserInOut<i64> off_in, i32 fd_out, vm::UserInOut<i64> off_out,
                                u64 len, u32 flags) {
    FileRef in = TRY(ctx.task.files().get(fd_in));
    FileRef out = TRY(ctx.task.files().get(fd_out));
    const i64 in_start = off_in ? TRY(off_in.fetch()) : in->position();
    const i64 out_start = off_out ? TRY(off_out.fetch()) : out->position();
    if (flags != 0) return Errno::kINVAL;
    object::Attributes in_attributes, out_attributes;
    TRY(in->stat(in_attributes));
    TRY(out->stat(out_attributes));
    const u32 in_type = in_attributes.mode & abi::S_IFMT, out_type = out_attributes.mode & abi::S_IFMT;
    if (in_type == abi::S_IFDIR || out_type == abi::S_IFDIR) return Errno::kISDIR;
    if (in_type != abi::S_IFREG || out_type != abi::S_IFREG) return Errno::kINVAL;
    if (!in->readable() || !out->writable() || out->append()) return Errno::kBADF;
    if (!(in_attributes.device == out_attributes.device)) return Errno::kXDEV;
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
    if (done.ok() && done.value() > 0) fs::notify::file(*in, abi::IN_ACCESS);
    return written(ctx, *out, done);
}

// ---- splice, tee, vmsplice ----
namespace {

using ipc::Pipe;
using ipc::PipePage;

constexpr u32 kSpliceFlags = abi::SPLICE_F_MOVE | abi::SPLICE_F_NONBLOCK | abi::SPLICE_F_MORE | abi::SPLICE_F_GIFT;
constexpr usize kBatch = Pipe::kDefaultPages;  // pages that enter a pipe at once
using Slots = std::array<Pipe::Slot, kBatch>;

Pipe* pipe_of(File& file) {
    ipc::PipeFile* p = file.as<ipc::PipeFile>();
    return p == nullptr ? nullptr : &p->pipe();
}

// Kinds of files that Linux gives splice operations; an eventfd, an epoll set or a folder has none.
bool can_splice(File& file) {
    const u32 type = type_of(file);
    return type == abi::S_IFREG || type == abi::S_IFSOCK || type == abi::S_IFCHR || type == abi::S_IFBLK;
}

// Up to `count` bytes of a file at `offset` into at most `slots.size()` slots; the number of slots.
Result<u32> gather(Ctx& ctx, End& from, usize count, std::span<Pipe::Slot> slots, vm::MemoryObject* cache,
                   bool nonblock) {
    u32 used = 0;
    u64 at = from.offset;
    while (used < slots.size() && count > 0) {
        Pipe::Slot& slot = slots[used];
        if (cache != nullptr && at >= cache->size()) break;
        const u32 within = cache != nullptr ? at & (kPageSize - 1) : 0;
        vm::PageRef page = cache != nullptr ? TRY(cached_page(*cache, at)) : vm::PageRef();
        if (page) {
            const u64 n = std::min<u64>({count, kPageSize - within, cache->size() - at});
            slot = {.page = PipePage::foreign(std::move(page)), .offset = within, .length = static_cast<u32>(n)};
        } else {
            slot = {.page = TRY(PipePage::create())};
            End here{.file = from.file, .own_offset = from.own_offset, .offset = at};
            const std::span<u8> room = slot.page.bytes().first(std::min<usize>(count, kPageSize - within));
            const Result<usize> n = read_some(ctx, here, room, nonblock ? IoCtx::kNonBlock : 0);
            if (!n.ok()) {
                if (used > 0) break;
                return n.error();
            }
            slot.length = static_cast<u32>(n.value());
            if (n.value() == 0) break;
            // Terminals and sockets give what they have; more would make us wait.
            if (from.own_offset) return used + 1;
        }
        at += slot.length;
        count -= slot.length;
        used++;
    }
    return used;
}

Result<usize> file_to_pipe(Ctx& ctx, End& from, Pipe& pipe, usize count, bool nonblock) {
    const u32 room = TRY(pipe.wait_for_room(nonblock));
    const OptRef<vm::MemoryObject> cache = cache_of(ctx, from.file);
    Slots slots;
    const u32 most = from.own_offset ? 1 : std::min<u32>(room, kBatch);
    const u32 n = TRY(gather(ctx, from, count, std::span(slots).first(most), cache.get(), nonblock));
    std::array<u32, kBatch> lengths{};
    for (u32 i = 0; i < n; i++) lengths[i] = slots[i].length;
    u32 pushed = 0;
    // What was taken out of a terminal or a socket cannot go back: it waits for room.
    do {
        const Result<u32> r = pipe.push_slots(std::span(slots).subspan(pushed, n - pushed));
        if (!r.ok()) {
            if (pushed > 0) break;
            return r.error();
        }
        pushed += r.value();
        if (pushed < n && (pushed == 0 || from.own_offset)) TRY(pipe.wait_for_room(nonblock && !from.own_offset));
    } while (pushed < n && (pushed == 0 || from.own_offset));
    usize done = 0;
    for (u32 i = 0; i < pushed; i++) done += lengths[i];
    from.offset += done;
    return done;
}

Result<usize> pipe_to_file(Ctx& ctx, Pipe& pipe, End& to, usize count, bool nonblock) {
    usize done = 0;
    while (done < count) {
        // Waits for the first bytes alone.
        if (done > 0 && pipe.empty()) break;
        Result<Pipe::Slot> slot = pipe.lend(count - done, nonblock);
        if (!slot.ok()) return done > 0 ? Result<usize>(done) : slot.error();
        if (slot.value().length == 0) break;
        const std::span<const u8> bytes = slot.value().page.bytes().subspan(slot.value().offset, slot.value().length);
        const Result<usize> n = write_some(ctx, to, bytes);
        pipe.give_back(n.ok() ? n.value() : 0);
        if (!n.ok()) return done > 0 ? Result<usize>(done) : n;
        done += n.value();
        if (n.value() < bytes.size()) break;
    }
    return done;
}

// The end of a splice that is no pipe: at the caller's offset, the file's, or (terminals, sockets) none.
Result<End> file_end(File& file, const vm::UserInOut<i64>& offset) {
    const bool positioned = (file.mode() & (File::kSeekable | File::kPositioned)) != 0;
    if (offset && !positioned) return Errno::kINVAL;
    const i64 at = offset ? TRY(offset.fetch()) : file.position();
    if (at < 0) return Errno::kINVAL;
    return End{
        .file = file, .own_offset = (file.mode() & File::kSeekable) == 0 && !offset, .offset = static_cast<u64>(at)};
}
Result<void> store_offset(const End& end, const vm::UserInOut<i64>& offset) {
    if (offset) return offset.store(static_cast<i64>(end.offset));
    if (!end.own_offset) (void)end.file.seek(static_cast<i64>(end.offset), abi::SEEK_SET);
    return {};
}

}  // namespace

Result<i64> sys_splice(Ctx& ctx, i32 fd_in, vm::UserInOut<i64> off_in, i32 fd_out, vm::UserInOut<i64> off_out, u64 len,
                       u32 flags) {
    if (len == 0) return 0;
    if ((flags & ~kSpliceFlags) != 0) return Errno::kINVAL;
    FileRef in = TRY(ctx.task.files().get(fd_in));
    FileRef out = TRY(ctx.task.files().get(fd_out));
    Pipe* in_pipe = pipe_of(*in);
    Pipe* out_pipe = pipe_of(*out);
    if ((in_pipe != nullptr && off_in) || (out_pipe != nullptr && off_out)) return Errno::kSPIPE;
    if (off_out) TRY(off_out.fetch());
    if (off_in) TRY(off_in.fetch());
    if (!in->readable() || !out->writable()) return Errno::kBADF;
    const usize count = cut(len);
    bool nonblock = (flags & abi::SPLICE_F_NONBLOCK) != 0;
    if (in_pipe != nullptr && out_pipe != nullptr) {
        if (in_pipe == out_pipe) return Errno::kINVAL;
        nonblock = nonblock || in->nonblock() || out->nonblock();
        return written(ctx, in_pipe->splice_to(*out_pipe, count, nonblock));
    }
    if (static_cast<i64>(len) < 0) return Errno::kINVAL;
    if (in_pipe != nullptr) {
        if (off_out && (out->mode() & (File::kSeekable | File::kPositioned)) == 0) return Errno::kINVAL;
        if (out->append()) return Errno::kINVAL;
        End to = TRY(file_end(*out, off_out));
        if (!can_splice(*out)) return Errno::kINVAL;
        const Result<usize> done = pipe_to_file(ctx, *in_pipe, to, count, nonblock || in->nonblock());
        if (done.ok()) TRY(store_offset(to, off_out));
        return written(ctx, *out, done);
    }
    if (out_pipe != nullptr) {
        End from = TRY(file_end(*in, off_in));
        if (!can_splice(*in)) return Errno::kINVAL;
        const Result<usize> done = file_to_pipe(ctx, from, *out_pipe, count, nonblock || out->nonblock());
        if (done.ok() && done.value() > 0) TRY(store_offset(from, off_in));
        return written(ctx, done);
    }
    return Errno::kINVAL;
}

Result<i64> sys_tee(Ctx& ctx, i32 fdin, i32 fdout, u64 len, u32 flags) {
    if ((flags & ~kSpliceFlags) != 0) return Errno::kINVAL;
    if (len == 0) return 0;
    FileRef in = TRY(ctx.task.files().get(fdin));
    FileRef out = TRY(ctx.task.files().get(fdout));
    if (!in->readable() || !out->writable()) return Errno::kBADF;
    Pipe* from = pipe_of(*in);
    Pipe* to = pipe_of(*out);
    if (from == nullptr || to == nullptr || from == to) return Errno::kINVAL;
    const bool nonblock = (flags & abi::SPLICE_F_NONBLOCK) != 0 || in->nonblock() || out->nonblock();
    return written(ctx, from->tee_to(*to, cut(len), nonblock));
}

namespace {

// Pages of the caller's memory enter the pipe as they are: what is written there later is read from the pipe
// too. Waits for the first free page alone.
Result<usize> memory_to_pipe(Ctx& ctx, std::span<const vm::IoSegment> segments, Pipe& pipe, bool nonblock) {
    TRY(pipe.wait_for_room(nonblock));
    usize done = 0;
    for (const vm::IoSegment& s : segments) {
        for (u64 at = 0; at < s.length;) {
            const u64 address = s.address + at;
            const u32 within = address & (kPageSize - 1);
            const u32 n = static_cast<u32>(std::min<u64>(s.length - at, kPageSize - within));
            Result<vm::PageRef> page =
                ctx.task.address_space().pin_page(UserAddr(address), vm::FaultKind::kRead | vm::FaultKind::kOwn);
            if (!page.ok()) return done > 0 ? Result<usize>(done) : Errno::kFAULT;
            std::array<Pipe::Slot, 1> slot{{{.page = PipePage::foreign(page.take()), .offset = within, .length = n}}};
            const Result<u32> pushed = pipe.push_slots(slot);
            if (!pushed.ok()) return done > 0 ? Result<usize>(done) : pushed.error();
            if (pushed.value() == 0) return done > 0 ? Result<usize>(done) : Errno::kAGAIN;
            at += n;
            done += n;
        }
    }
    return done;
}

}  // namespace

Result<i64> sys_vmsplice(Ctx& ctx, i32 fd, vm::UserIn<abi::iovec> iov, u64 nr_segs, u32 flags) {
    if ((flags & ~kSpliceFlags) != 0) return Errno::kINVAL;
    FileRef file = TRY(ctx.task.files().get(fd));
    if (!file->readable() && !file->writable()) return Errno::kBADF;
    Segments segments;
    TRY(segments.fetch(iov, nr_segs));
    if (segments.total() == 0) return 0;
    Pipe* pipe = pipe_of(*file);
    if (pipe == nullptr) return Errno::kBADF;
    const bool nonblock = (flags & abi::SPLICE_F_NONBLOCK) != 0;
    if (file->writable()) return written(ctx, memory_to_pipe(ctx, segments.span(), *pipe, nonblock));
    vm::IoWriter to = vm::IoWriter::from_iovec(segments.span(), segments.total());
    return count_of(pipe->read(to, nonblock));
}

}  // namespace linux_abi
