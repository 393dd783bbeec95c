#include "ipc/eventfd.h"

namespace ipc {

void EventFile::signal(u64 n) {
    u64 count = count_.load(std::memory_order_relaxed);
    u64 sum;
    do {
        if (__builtin_add_overflow(count, n, &sum)) sum = ~u64{0};
    } while (!count_.compare_exchange_weak(count, sum, std::memory_order_acq_rel));
    changed_.notify(object::kPollIn);
}

Result<usize> EventFile::read(object::IoCtx& ctx, vm::IoWriter& to) {
    if (to.remaining() < sizeof(u64)) return Errno::kINVAL;
    u64 count = count_.load(std::memory_order_acquire);
    for (;;) {
        if (count != 0) {
            const u64 taken = semaphore_ ? 1 : count;
            if (!count_.compare_exchange_weak(count, count - taken, std::memory_order_acq_rel)) continue;
            changed_.notify(object::kPollOut);
            TRY(to.write_value(taken));
            return sizeof(u64);
        }
        if (ctx.nonblock()) return Errno::kAGAIN;
        TRY(changed_.queue.wait_interruptible([&] { return count_.load(std::memory_order_acquire) != 0; }));
        count = count_.load(std::memory_order_acquire);
    }
}

Result<usize> EventFile::write(object::IoCtx& ctx, vm::IoReader& from) {
    const u64 n = TRY(from.read_value<u64>());
    if (n == ~u64{0}) return Errno::kINVAL;
    u64 count = count_.load(std::memory_order_acquire);
    for (;;) {
        if (count <= kMost && kMost - count >= n) {
            if (!count_.compare_exchange_weak(count, count + n, std::memory_order_acq_rel)) continue;
            changed_.notify(object::kPollIn);
            return sizeof(u64);
        }
        if (ctx.nonblock()) return Errno::kAGAIN;
        TRY(changed_.queue.wait_interruptible([&] { return fits(n); }));
        count = count_.load(std::memory_order_acquire);
    }
}

u32 EventFile::poll(object::PollTable* table) {
    if (table != nullptr) table->watch(changed_);
    const u64 count = count_.load(std::memory_order_acquire);
    u32 ready = 0;
    if (count > 0) ready |= abi::POLLIN;
    if (count == ~u64{0}) ready |= abi::POLLERR;
    if (count < kMost) ready |= abi::POLLOUT;
    return ready;
}

void EventFile::describe(base::FormatSink sink) { sink.write(sink.self, "anon_inode:[eventfd]"); }

void EventFile::describe_info(base::FormatSink sink) {
    const std::array<base::FormatArgument, 1> arguments{base::format_argument(count_.load(std::memory_order_relaxed))};
    base::format_list(sink, "eventfd-count: {:>16x}\n", arguments);
}

}  // namespace ipc
