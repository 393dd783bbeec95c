// PollWaiter: the poll table of poll and select: wakes one thread when a file that it watches becomes ready.
// Callers: poll.cc.
// Locks, context: thread context. The watched files are held until the waiter dies.
#pragma once

#include <array>

#include "base/own.h"
#include "object/file.h"
#include "sched/scheduler.h"

namespace linux_abi {

class PollWaiter final : public object::PollTable {
  public:
    explicit PollWaiter(sched::Thread& thread) : thread_(thread) {}
    ~PollWaiter();
    PollWaiter(const PollWaiter&) = delete;
    PollWaiter& operator=(const PollWaiter&) = delete;

    // Asks `file` what is ready, and to be told of changes.
    u32 ask_and_watch(object::File& file);
    void watch(object::PollSource& source) override;
    // A source could not be watched for want of memory.
    bool incomplete() const { return incomplete_; }

    // Before the files are asked again.
    void begin() { woken_.store(false, std::memory_order_seq_cst); }
    // Until a watched file has news since begin(). ETIMEDOUT, or kRESTARTNOHAND for a signal.
    Result<void> sleep(Instant deadline);

  private:
    struct Entry : sched::WaitEntry {
        PollWaiter* owner = nullptr;
        object::PollSource* source = nullptr;
        OptRef<object::File> file;
    };
    struct Chunk {
        std::array<Entry, 48> entries;
        Own<Chunk> previous;
    };
    static bool on_wake(sched::WaitEntry& entry, u32 events);
    Entry* new_entry();

    sched::Thread& thread_;
    object::File* asked_ = nullptr;
    std::atomic<bool> woken_{false};
    bool incomplete_ = false;
    std::array<Entry, 8> first_;
    usize used_ = 0;  // of first_
    Own<Chunk> chunk_;
    usize chunk_used_ = 0;  // of chunk_; the ones before it are full
};

}  // namespace linux_abi
