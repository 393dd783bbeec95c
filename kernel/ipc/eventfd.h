// EventFile: eventfd(2), a 64-bit counter that can be waited for.
// Callers: linux; io for completion notices (signal()).
// Locks, context: none, the counter is atomic; signal() from any context.
#pragma once

#include "object/file.h"

namespace ipc {

class EventFile final : public object::File {
  public:
    static constexpr object::Facet kFacet{"eventfd"};
    static constexpr u64 kMost = ~u64{0} - 1;

    EventFile(u64 initial, bool semaphore, u32 status_flags)
        : File(status_flags | abi::O_RDWR), count_(initial), semaphore_(semaphore) {}

    // Adds to the counter, which stops at 2^64-1 (read as an overflow, POLLERR).
    void signal(u64 n);

    void* facet(const object::Facet& wanted) override { return &wanted == &kFacet ? this : nullptr; }
    // 8 bytes: the counter, which becomes 0, or 1 of it (semaphore). EINVAL for fewer, EAGAIN, kRESTARTSYS.
    Result<usize> read(object::IoCtx& ctx, vm::IoWriter& to) override;
    // Adds 8 bytes' value; waits while it would pass kMost. EINVAL for 2^64-1.
    Result<usize> write(object::IoCtx& ctx, vm::IoReader& from) override;
    u32 poll(object::PollTable* table) override;
    bool can_poll() const override { return true; }
    Result<i64> seek(i64, int) override { return 0; }  // as Linux: no error, no effect
    void describe(base::FormatSink sink) override;
    void describe_info(base::FormatSink sink) override;

  private:
    bool fits(u64 n) const { return kMost - count_.load(std::memory_order_acquire) >= n; }

    std::atomic<u64> count_;
    const bool semaphore_;
    object::PollSource changed_;
};

}  // namespace ipc
