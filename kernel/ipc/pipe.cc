#include "ipc/pipe.h"

#include <bit>

#include "abi/linux/capability.h"
#include "abi/linux/ioctl.h"
#include "abi/linux/stat.h"
#include "ipc/setting.h"
#include "object/credentials.h"
#include "time/clock.h"

namespace ipc {
namespace {

constinit std::atomic<u64> last_inode{0};
constinit Setting most_bytes{.value = 1 << 20, .least = kPageSize, .most = u64{1} << 31};

}  // namespace

Result<void> register_pipe_limits() { return add_setting<most_bytes>("sys/fs/pipe-max-size"); }

Pipe::Pipe() : inode_(last_inode.fetch_add(1, std::memory_order_relaxed) + 1), born_ns_(time::realtime()) {}

Result<Ref<Pipe>> Pipe::create() {
    Ref<Pipe> pipe = TRY(make_ref<Pipe>());
    TRY(pipe->ring_.unguarded().set_capacity(kDefaultPages));
    pipe->pages_.store(kDefaultPages, std::memory_order_relaxed);
    return pipe;
}

void Pipe::told_readers(bool was_empty) {
    if (was_empty || polled_.load(std::memory_order_relaxed)) read_side.queue.wake_one(object::kPollIn);
}
// Writers hear of room only when there was none, also those that poll.
void Pipe::told_writers(bool was_full) {
    if (was_full) write_side.queue.wake_one(object::kPollOut);
}

Result<usize> Pipe::read(vm::IoWriter& to, bool nonblock) {
    if (to.empty()) return usize{0};
    bool waited = false;
    for (;;) {
        {
            auto ring = ring_.lock();
            if (!ring->empty() && !lent()) {
                const bool was_full = ring->full();
                const Result<usize> done = ring->drain(to);
                publish(*ring);
                const bool more = !ring->empty();
                const bool room = was_full && !ring->full();
                ring.unlock();
                told_writers(room);
                // Readers are woken one at a time; what is left is for the next.
                if (waited && more) read_side.queue.wake_one(object::kPollIn);
                return done;
            }
        }
        if (!has_writers() && !lent() && empty()) return usize{0};
        if (nonblock) return Errno::kAGAIN;
        TRY(read_side.queue.wait_exclusive([&] { return readable(); }));
        waited = true;
    }
}

Result<usize> Pipe::write(vm::IoReader& from, bool nonblock, bool packets) {
    if (from.empty()) return usize{0};
    usize done = 0;
    bool first = true;
    bool waited = false;
    Errno error{};
    for (;;) {
        auto ring = ring_.lock();
        const bool was_empty = ring->empty();
        error = Errno{};
        if (!has_readers()) {
            error = Errno::kPIPE;
        } else if (first) {
            // The part that is no whole page goes behind what is there.
            const usize part = from.remaining() % kPageSize;
            if (ring->can_append(part)) {
                const Result<usize> moved = ring->append(from, part);
                if (moved.ok()) done += moved.value();
                if (!moved.ok()) error = moved.error();
            }
        }
        first = false;
        while (error == Errno{} && !from.empty() && !ring->full()) {
            const Result<usize> moved = ring->push(from, packets);
            if (!moved.ok()) error = moved.error();
            if (moved.ok()) done += moved.value();
        }
        publish(*ring);
        const bool has_bytes = !ring->empty();
        const bool has_room = !ring->full();
        ring.unlock();
        told_readers(was_empty && has_bytes);
        if (error != Errno{} || from.empty()) {
            if (waited && has_room) write_side.queue.wake_one(object::kPollOut);
            break;
        }
        if (nonblock) {
            error = Errno::kAGAIN;
            break;
        }
        const Result<void> wait = write_side.queue.wait_exclusive([&] { return writable(); });
        if (!wait.ok()) {
            error = wait.error();
            break;
        }
        waited = true;
    }
    if (done != 0) return done;
    return error;
}

usize Pipe::readable_bytes() { return ring_.lock()->bytes(); }

i64 Pipe::capacity() { return static_cast<i64>(pages_.load(std::memory_order_relaxed) * kPageSize); }

Result<i64> Pipe::set_capacity(u32 bytes, bool privileged) {
    if (bytes > 1u << 31) return Errno::kINVAL;
    if (bytes > most_bytes.get() && bytes > capacity() && !privileged) return Errno::kPERM;
    const u32 pages = std::bit_ceil(std::max<u32>(static_cast<u32>(pages_for(bytes)), 1));
    {
        auto ring = ring_.lock();
        TRY(ring->set_capacity(pages));
        pages_.store(pages, std::memory_order_release);
    }
    write_side.notify(object::kPollOut);
    return capacity();
}

void Pipe::open_end(bool reader, bool writer) {
    if (reader) {
        readers_.fetch_add(1, std::memory_order_acq_rel);
        readers_opened_.fetch_add(1, std::memory_order_acq_rel);
    }
    if (writer) {
        writers_.fetch_add(1, std::memory_order_acq_rel);
        writers_opened_.fetch_add(1, std::memory_order_acq_rel);
    }
}

// Any context: also from a file's destructor.
void Pipe::close_end(bool reader, bool writer) {
    if (reader && readers_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        write_side.notify(object::kPollOut | object::kPollError);
    }
    if (writer && writers_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        read_side.notify(object::kPollIn | object::kPollHangUp);
    }
}

void Pipe::watch(object::PollTable& table, bool reader, bool writer) {
    if (!polled_.load(std::memory_order_relaxed)) polled_.store(true, std::memory_order_relaxed);
    if (reader) table.watch(read_side);
    if (writer) table.watch(write_side);
}

PipeFile::PipeFile(Ref<Pipe> pipe, u32 flags, u32 uid, u32 gid)
    : File(flags), pipe_(std::move(pipe)), uid_(uid), gid_(gid), writers_at_open_(pipe_->writers_opened()) {
    pipe_->open_end(readable(), writable());
}

PipeFile::~PipeFile() { leave(); }
Result<Ref<object::File>> PipeFile::reopen(u32 flags) {
    return Ref<object::File>(TRY(make_ref<PipeFile>(pipe_, flags, uid_, gid_)));
}

void PipeFile::on_closed() { leave(); }

void PipeFile::leave() {
    if (!left_.exchange(true, std::memory_order_relaxed)) pipe_->close_end(readable(), writable());
}

Result<usize> PipeFile::read(object::IoCtx& ctx, vm::IoWriter& to) { return pipe_->read(to, ctx.nonblock()); }

Result<usize> PipeFile::write(object::IoCtx& ctx, vm::IoReader& from) {
    return pipe_->write(from, ctx.nonblock(), (status_flags() & abi::O_DIRECT) != 0);
}

Result<i64> PipeFile::ioctl(object::IoctlCtx& ctx) {
    if (ctx.cmd != abi::FIONREAD) return Errno::kNOTTY;
    TRY(vm::UserOut<i32>(ctx.arg).store(static_cast<i32>(pipe_->readable_bytes())));
    return 0;
}

u32 PipeFile::poll(object::PollTable* table) {
    if (table != nullptr) pipe_->watch(*table, readable(), writable());
    u32 ready = 0;
    if (readable()) {
        if (!pipe_->empty()) ready |= object::kPollIn;
        const bool had_writer = !place().mount || pipe_->writers_opened() != writers_at_open_;
        if (!pipe_->has_writers() && had_writer) ready |= object::kPollHangUp;
    }
    if (writable()) {
        if (!pipe_->full()) ready |= object::kPollOut;
        if (!pipe_->has_readers()) ready |= object::kPollError;
    }
    return ready;
}

Result<void> PipeFile::stat(object::Attributes& out) {
    if (place().mount != nullptr) return File::stat(out);
    out = {};
    out.device = {0, 12};  // as Linux's pipefs, a device without a name
    out.inode = pipe_->inode();
    out.mode = abi::S_IFIFO | 0600;
    out.uid = uid_;
    out.gid = gid_;
    out.accessed_ns = out.modified_ns = out.changed_ns = pipe_->born_ns();
    return {};
}

Result<i64> PipeFile::control(object::IoCtx& ctx, u32 cmd, u64 arg) {
    switch (cmd) {
        case abi::F_GETPIPE_SZ: return pipe_->capacity();
        case abi::F_SETPIPE_SZ: {
            const bool privileged = ctx.credentials == nullptr || ctx.credentials->capable(abi::CAP_SYS_RESOURCE);
            return pipe_->set_capacity(static_cast<u32>(arg), privileged);
        }
        default: return File::control(ctx, cmd, arg);
    }
}

void PipeFile::describe(base::FormatSink sink) {
    if (place().mount != nullptr) return File::describe(sink);
    const std::array<base::FormatArgument, 1> arguments{base::format_argument(pipe_->inode())};
    base::format_list(sink, "pipe:[{}]", arguments);
}

Result<PipeEnds> create_pipe(u32 flags, u32 uid, u32 gid) {
    Ref<Pipe> pipe = TRY(Pipe::create());
    Ref<PipeFile> read = TRY(make_ref<PipeFile>(pipe, flags | abi::O_RDONLY, uid, gid));
    Ref<PipeFile> write = TRY(make_ref<PipeFile>(pipe, flags | abi::O_WRONLY, uid, gid));
    return PipeEnds{std::move(read), std::move(write)};
}

}  // namespace ipc
