// Pipe: pipe(2) and FIFOs. One object of bytes with two ends, which are files.
// Callers: linux (pipe2, splice), fs by way of the FIFO hook.
// Locks, context: a sleeping lock of rank kPipe around the bytes, held while they are copied; counts are atomic.
#pragma once

#include "ipc/pipe_ring.h"
#include "memory/page_allocator.h"
#include "object/file.h"
#include "sched/mutex.h"
#include "sync/guarded.h"
#include "vm/memory_object.h"

namespace ipc {

// A page of a pipe: of its own, or one of a file or a process that it holds a reference on.
class PipePage {
  public:
    PipePage() = default;
    static Result<PipePage> create() {
        return PipePage(vm::PageRef(TRY(memory::allocate_frame(memory::AllocFlags::kNone))), true);
    }
    static PipePage foreign(vm::PageRef page) { return PipePage(std::move(page), false); }
    explicit operator bool() const { return static_cast<bool>(page_); }
    std::span<u8> bytes() const { return page_.bytes(); }
    PipePage share() const {
        memory::frame_ref(&*page_);
        return PipePage(vm::PageRef(&*page_), own_);
    }
    // Nobody else has it: it may be written anew.
    bool reusable() const { return own_ && page_->refs.load(std::memory_order_acquire) == 1; }

  private:
    PipePage(vm::PageRef page, bool own) : page_(std::move(page)), own_(own) {}
    vm::PageRef page_;
    bool own_ = false;
};

// Start-up: the file in /proc/sys. ENOMEM.
Result<void> register_pipe_limits();

class Pipe : public RefCounted<Pipe> {
  public:
    using Ring = PipeRing<PipePage>;
    using Slot = Ring::Slot;
    static constexpr u32 kDefaultPages = 16;  // 64 KiB

    // ENOMEM.
    static Result<Ref<Pipe>> create();

    // kRESTARTSYS, EAGAIN, EFAULT; 0 at the end.
    Result<usize> read(vm::IoWriter& to, bool nonblock);
    // EPIPE when nobody can read (the caller of write(2) gets SIGPIPE from linux/), else as read.
    Result<usize> write(vm::IoReader& from, bool nonblock, bool packets);

    // --- splice(2), tee(2), vmsplice(2) ---
    // Waits until there is something to read, or the end. EAGAIN, kRESTARTSYS.
    Result<void> wait_for_bytes(bool nonblock);
    // Waits until a page is free; how many are. EPIPE, EAGAIN, kRESTARTSYS.
    Result<u32> wait_for_room(bool nonblock);
    // Moves up to `count` bytes to another pipe: whole pages by reference. 0 at the end; the errors of the waits.
    Result<usize> splice_to(Pipe& to, usize count, bool nonblock);
    // The same bytes for `to` too: pages shared.
    Result<usize> tee_to(Pipe& to, usize count, bool nonblock);
    // Puts pages in while there is room and a reader; how many slots. EPIPE when none for want of readers.
    Result<u32> push_slots(std::span<Slot> slots);
    // The first bytes, at most `most`, lent out: until give_back() no other reader gets at the pipe. The errors of
    // wait_for_bytes(); a slot of length 0: the end, nothing lent.
    Result<Slot> lend(usize most, bool nonblock);
    // `taken` bytes of what was lent are gone.
    void give_back(usize taken);

    usize readable_bytes();
    // F_GETPIPE_SZ, F_SETPIPE_SZ: bytes, rounded up to a power of two of pages. EBUSY when more is in it, EPERM above
    // /proc/sys/fs/pipe-max-size unless privileged, EINVAL above 2 GiB, ENOMEM.
    i64 capacity();
    Result<i64> set_capacity(u32 bytes, bool privileged = false);

    // An end was opened or closed; `reader` and `writer` may both be true (a FIFO opened read-write).
    void open_end(bool reader, bool writer);
    void close_end(bool reader, bool writer);
    bool has_readers() const { return readers_.load(std::memory_order_acquire) != 0; }
    bool has_writers() const { return writers_.load(std::memory_order_acquire) != 0; }
    // How often an end of the kind was opened: what a FIFO's open waits for.
    u32 readers_opened() const { return readers_opened_.load(std::memory_order_acquire); }
    u32 writers_opened() const { return writers_opened_.load(std::memory_order_acquire); }

    bool empty() const { return used_.load(std::memory_order_acquire) == 0; }
    bool full() const { return used_.load(std::memory_order_acquire) >= pages_.load(std::memory_order_acquire); }
    u64 inode() const { return inode_; }
    i64 born_ns() const { return born_ns_; }

    // Once a poll, select or epoll looked, every write is told to readers, not only the one into an empty pipe
    // (edge-triggered epoll relies on it; fs/pipe.c, poll_usage).
    void watch(object::PollTable& table, bool reader, bool writer);

    object::PollSource read_side;   // bytes came, or the last writer left
    object::PollSource write_side;  // room came, or the last reader left

    // Use create().
    Pipe();

  private:
    using State = sync::Guarded<Ring, sched::Mutex<sync::Rank::kPipe>>;

    class TwoRings;
    bool lent() const { return lent_.load(std::memory_order_acquire); }
    bool readable() const { return (!empty() || !has_writers()) && !lent(); }
    bool writable() const { return !full() || !has_readers(); }
    void publish(const Ring& ring) { used_.store(ring.used(), std::memory_order_release); }
    void told_readers(bool was_empty);
    void told_writers(bool was_full);

    State ring_;
    std::atomic<u32> used_{0};  // of ring_, for looks without the lock
    std::atomic<u32> pages_{0};
    std::atomic<u32> readers_{0}, writers_{0};
    std::atomic<u32> readers_opened_{0}, writers_opened_{0};
    std::atomic<bool> polled_{false};
    std::atomic<bool> lent_{false};  // written with the lock on ring_ held
    const u64 inode_;
    const i64 born_ns_;
};

// One end, or a FIFO opened in any mode.
class PipeFile : public object::File {
  public:
    static constexpr object::Facet kFacet{"pipe"};

    // `flags` of open(2): the access mode says which end. Counts itself as an opener of `pipe`.
    PipeFile(Ref<Pipe> pipe, u32 flags, u32 uid, u32 gid);
    ~PipeFile() override;

    Pipe& pipe() const { return *pipe_; }
    void* facet(const object::Facet& wanted) override { return &wanted == &kFacet ? this : nullptr; }

    Result<usize> read(object::IoCtx& ctx, vm::IoWriter& to) override;
    Result<usize> write(object::IoCtx& ctx, vm::IoReader& from) override;
    Result<i64> ioctl(object::IoctlCtx& ctx) override;
    u32 poll(object::PollTable* table) override;
    bool can_poll() const override { return true; }
    bool can_signal() const override { return true; }
    Result<void> stat(object::Attributes& out) override;
    Result<i64> control(object::IoCtx& ctx, u32 cmd, u64 arg) override;
    Result<void> check_status_flags(u32) override { return {}; }  // O_DIRECT: packets
    void on_closed() override;
    Result<Ref<object::File>> reopen(u32 flags) override;
    void describe(base::FormatSink sink) override;

  private:
    void leave();

    Ref<Pipe> pipe_;
    const u32 uid_, gid_;
    // A FIFO's reader sees no hang-up before the first writer came since it opened.
    const u32 writers_at_open_;
    std::atomic<bool> left_{false};
};

// The two ends of a new pipe: flags are O_NONBLOCK, O_DIRECT. ENOMEM.
struct PipeEnds {
    Ref<object::File> read;
    Ref<object::File> write;
};
Result<PipeEnds> create_pipe(u32 flags, u32 uid, u32 gid);

// Start-up: FIFOs of file systems open through ipc.
void register_fifos();

}  // namespace ipc
