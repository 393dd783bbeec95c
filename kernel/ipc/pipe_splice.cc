// Pipes as splice, tee and vmsplice use them: pages go in and out by reference.
// Source: Linux 6.1 fs/splice.c.
#include "ipc/pipe.h"

namespace ipc {

// The rings of two pipes, locked in order of address.
class Pipe::TwoRings {
  public:
    TwoRings(Pipe& a, Pipe& b)
        : first_((&a < &b ? a : b).ring_.lock()), second_((&a < &b ? b : a).ring_.lock()), swapped_(&b < &a) {}
    Ring& a() { return swapped_ ? *second_ : *first_; }
    Ring& b() { return swapped_ ? *first_ : *second_; }

  private:
    decltype(std::declval<State&>().lock()) first_, second_;
    const bool swapped_;
};

Result<void> Pipe::wait_for_bytes(bool nonblock) {
    if (readable()) return {};
    if (nonblock) return Errno::kAGAIN;
    return read_side.queue.wait_interruptible([&] { return readable(); });
}

Result<u32> Pipe::wait_for_room(bool nonblock) {
    for (;;) {
        if (!has_readers()) return Errno::kPIPE;
        const u32 used = used_.load(std::memory_order_acquire);
        const u32 pages = pages_.load(std::memory_order_acquire);
        if (used < pages) return pages - used;
        if (nonblock) return Errno::kAGAIN;
        TRY(write_side.queue.wait_interruptible([&] { return writable(); }));
    }
}

Result<usize> Pipe::splice_to(Pipe& to, usize count, bool nonblock) {
    for (;;) {
        TRY(wait_for_bytes(nonblock));
        TRY(to.wait_for_room(nonblock));
        usize done = 0;
        bool was_full = false, was_empty = false, at_end = false, broken = false;
        {
            TwoRings rings(*this, to);
            Ring& in = rings.a();
            Ring& out = rings.b();
            was_full = in.full();
            was_empty = out.empty();
            broken = !to.has_readers();
            while (!broken && done < count && !in.empty() && !out.full() && !lent()) {
                Slot slot = in.take_first(count - done);
                done += slot.length;
                out.push_slot(std::move(slot));
            }
            at_end = in.empty() && !has_writers();
            was_full = was_full && !in.full();
            publish(in);
            to.publish(out);
        }
        if (broken) return Errno::kPIPE;
        if (done != 0) {
            to.told_readers(was_empty);
            told_writers(was_full);
            return done;
        }
        if (at_end) return usize{0};
    }
}

Result<usize> Pipe::tee_to(Pipe& to, usize count, bool nonblock) {
    for (;;) {
        TRY(wait_for_bytes(nonblock));
        TRY(to.wait_for_room(nonblock));
        usize done = 0;
        bool was_empty = false, at_end = false, broken = false;
        {
            TwoRings rings(*this, to);
            Ring& in = rings.a();
            Ring& out = rings.b();
            was_empty = out.empty();
            broken = !to.has_readers();
            for (u32 i = 0; !broken && done < count && i < in.used() && !out.full() && !lent(); i++) {
                Slot slot = in.share(i, count - done);
                done += slot.length;
                out.push_slot(std::move(slot));
            }
            at_end = in.empty() && !has_writers();
            to.publish(out);
        }
        if (broken) return Errno::kPIPE;
        if (done != 0) {
            to.told_readers(was_empty);
            return done;
        }
        if (at_end) return usize{0};
    }
}

Result<u32> Pipe::push_slots(std::span<Slot> slots) {
    u32 done = 0;
    bool was_empty = false;
    {
        auto ring = ring_.lock();
        if (!has_readers()) return Errno::kPIPE;
        was_empty = ring->empty();
        while (done < slots.size() && !ring->full()) ring->push_slot(std::move(slots[done++]));
        publish(*ring);
    }
    if (done != 0) told_readers(was_empty);
    return done;
}

Result<Pipe::Slot> Pipe::lend(usize most, bool nonblock) {
    for (;;) {
        TRY(wait_for_bytes(nonblock));
        auto ring = ring_.lock();
        if (lent()) continue;
        if (!ring->empty()) {
            lent_.store(true, std::memory_order_release);
            return ring->share(0, most);
        }
        if (!has_writers()) return Slot{};
    }
}

void Pipe::give_back(usize taken) {
    bool room = false;
    {
        auto ring = ring_.lock();
        const bool was_full = ring->full();
        ring->consume(taken);
        publish(*ring);
        room = was_full && !ring->full();
        lent_.store(false, std::memory_order_release);
    }
    told_writers(room);
    read_side.queue.wake_all(object::kPollIn);
}

}  // namespace ipc
