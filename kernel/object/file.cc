#include "object/file.h"

#include "base/owner_of.h"

namespace object {
namespace {

// What open(2) consumes and F_GETFL does not show.
constexpr u32 kOpenOnly = abi::O_CREAT | abi::O_EXCL | abi::O_NOCTTY | abi::O_TRUNC | abi::O_CLOEXEC;

constexpr u32 mode_of(u32 flags) {
    if (flags & abi::O_PATH) return File::kPath;
    switch (flags & abi::O_ACCMODE) {
        case abi::O_RDONLY: return File::kRead;
        case abi::O_WRONLY: return File::kWrite;
        case abi::O_RDWR: return File::kRead | File::kWrite;
        default: return 0;  // ioctl alone
    }
}

constinit std::atomic<void (*)(File&)> release_hook{nullptr};
constinit std::atomic<void (*)(File&)> async_hook{nullptr};

}  // namespace

void File::set_release_hook(void (*hook)(File&)) { release_hook.store(hook, std::memory_order_release); }

void File::set_async_hook(void (*hook)(File&)) { async_hook.store(hook, std::memory_order_release); }

File::File(u32 flags, u32 extra_mode) : mode_(mode_of(flags) | extra_mode), status_flags_(flags & ~kOpenOnly) {}

File::~File() {
    if (place_.ops != nullptr) place_.ops->release(place_);
}

void File::add_descriptor() {
    if (descriptors_.fetch_add(1, std::memory_order_relaxed) == 0) add_ref();
}

void File::drop_descriptor(bool readers) {
    // Sequentially consistent with epoll's setting of `watched` and its look at descriptors() after it.
    if (descriptors_.fetch_sub(1, std::memory_order_seq_cst) != 1) return;
    if (watched.load(std::memory_order_seq_cst)) [[unlikely]]
        release_hook.load(std::memory_order_acquire)(*this);
    if (async.load(std::memory_order_seq_cst) != nullptr) [[unlikely]]
        async_hook.load(std::memory_order_acquire)(*this);
    if (place_.ops != nullptr) place_.ops->last_closed(place_, *this);
    on_closed();
    if (!readers) {
        drop_ref();
        return;
    }
    // Another thread that looked the descriptor up a moment ago may hold the file for a grace period. If nothing else has
    // it, a program that was written may be executed at once all the same.
    if (place_.ops != nullptr && place_.ops->end_access != nullptr && ref_count() == 1) place_.ops->end_access(place_);
    if (!drop_pending_.exchange(true, std::memory_order_acq_rel)) {
        rcu::defer(rcu_, [](rcu::Head& head) {
            File& f = base::owner_of<&File::rcu_>(head);
            f.drop_pending_.store(false, std::memory_order_release);
            f.drop_ref();
        });
    } else {
        // Installed again while the last drop still waits: rare (descriptors sent in messages).
        rcu::synchronize();
        drop_ref();
    }
}

Result<usize> File::read(IoCtx& ctx, vm::IoWriter& to) {
    if ((mode_ & kSeekable) == 0) return Errno::kINVAL;
    PositionGuard guard(*this);
    const i64 at = position();
    Result<usize> n = pread(ctx, to, static_cast<u64>(at));
    if (n.ok()) set_position(at + static_cast<i64>(n.value()));
    return n;
}

Result<usize> File::write(IoCtx& ctx, vm::IoReader& from) {
    if ((mode_ & kSeekable) == 0) return Errno::kINVAL;
    PositionGuard guard(*this);
    u64 at = static_cast<u64>(position());
    Result<usize> n = pwrite(ctx, from, at);
    if (n.ok()) set_position(static_cast<i64>(at + n.value()));
    return n;
}

Result<usize> File::pread(IoCtx&, vm::IoWriter&, u64) { return Errno::kSPIPE; }
Result<usize> File::pwrite(IoCtx&, vm::IoReader&, u64&) { return Errno::kSPIPE; }

Result<i64> File::seek(i64 offset, int whence) {
    if ((mode_ & kSeekable) == 0) return Errno::kSPIPE;
    PositionGuard guard(*this);
    i64 at = 0;
    switch (whence) {
        case abi::SEEK_SET: break;
        case abi::SEEK_CUR: at = position(); break;
        case abi::SEEK_END: at = static_cast<i64>(TRY(seek_end())); break;
        case abi::SEEK_DATA:
        case abi::SEEK_HOLE:
            TRY(seek_end());  // of what has no end, first
            if (offset < 0) return Errno::kNXIO;
            at = static_cast<i64>(TRY(seek_hole(static_cast<u64>(offset), whence)));
            offset = 0;
            break;
        default: return Errno::kINVAL;
    }
    if (__builtin_add_overflow(at, offset, &at)) return Errno::kINVAL;
    if (at < 0) return Errno::kINVAL;
    set_position(at);
    return at;
}

Result<u64> File::seek_end() { return Errno::kINVAL; }
Result<u64> File::seek_hole(u64 from, int whence) {
    const u64 end = TRY(seek_end());
    if (from >= end) return Errno::kNXIO;
    return whence == abi::SEEK_DATA ? from : end;
}

Result<i64> File::ioctl(IoctlCtx&) { return Errno::kNOTTY; }
u32 File::poll(PollTable*) { return kPollIn | kPollOut; }

Result<void> File::stat(Attributes& out) {
    if (place_.ops != nullptr) return place_.ops->stat(place_, out);
    // Linux: fs/anon_inodes.c; one inode for all.
    out = Attributes{};
    out.inode = 1;
    out.device = {0, 1};
    out.mode = 0600;
    return {};
}

Result<Ref<vm::MemoryObject>> File::map(const MapCtx&) { return Errno::kNODEV; }
Result<void> File::truncate(u64) { return Errno::kINVAL; }
Result<void> File::allocate(u32, u64, u64) { return Errno::kNODEV; }
Result<void> File::sync(bool) { return Errno::kINVAL; }
Result<void> File::iterate(IoCtx&, DirSink&) { return Errno::kNOTDIR; }
Result<i64> File::control(IoCtx&, u32 cmd, u64) {
    if (cmd == abi::F_ADD_SEALS && !writable()) return Errno::kPERM;
    return cmd == abi::F_GETPIPE_SZ || cmd == abi::F_SETPIPE_SZ ? Errno::kBADF : Errno::kINVAL;
}
Result<void> File::check_status_flags(u32 flags) {
    return (flags & abi::O_DIRECT) != 0 && (mode_ & kSeekable) == 0 ? Result<void>(Errno::kINVAL) : Result<void>();
}
void File::on_descriptor_closed(const void* table) {
    if (place_.ops != nullptr) place_.ops->descriptor_closed(place_, table);
}
Result<Ref<File>> File::reopen(u32) { return Errno::kNXIO; }
void File::on_closed() {}
void File::describe(base::FormatSink sink) {
    if (place_.ops != nullptr) {
        place_.ops->describe(place_, sink);
    } else {
        sink.write(sink.self, "anon_inode:[file]");
    }
}
void File::describe_info(base::FormatSink) {}
void* File::facet(const Facet&) { return nullptr; }

}  // namespace object
