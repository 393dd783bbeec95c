// SignalFile: signalfd(2), pending signals that are read from a file. It reads those of whoever reads, not of whoever
// made it.
// Callers: linux/signalfd.
// Locks, context: thread context; the reader's signal lock inside.
#pragma once

#include <atomic>

#include "base/list.h"
#include "object/file.h"
#include "process/process.h"
#include "sync/spin_lock.h"

namespace process {

class SignalFile final : public object::File {
  public:
    static constexpr object::Facet kFacet{"signalfd"};

    SignalFile(SignalSet which, u32 status_flags) : File(status_flags | abi::O_RDWR), which_(which.without(kUnblockable).bits) {}

    SignalSet which() const { return SignalSet(which_.load(std::memory_order_relaxed)); }
    // Wakes those of the caller's process who wait, to look again.
    void set_which(SignalSet which);

    void* facet(const object::Facet& wanted) override { return &wanted == &kFacet ? this : nullptr; }
    // As many abi::signalfd_siginfo as fit and are pending, at least one. EINVAL for less room, EAGAIN, kRESTARTSYS.
    Result<usize> read(object::IoCtx& ctx, vm::IoWriter& to) override;
    ~SignalFile() override;
    u32 poll(object::PollTable* table) override;
    bool can_poll() const override { return true; }
    void describe(base::FormatSink sink) override;
    void describe_info(base::FormatSink sink) override;

  private:
    // An epoll set may outlive the process that put this file into it: the file keeps the source it was told of.
    struct Watched {
        explicit Watched(Ref<Process> p) : process(std::move(p)) {}
        ListNode node;
        Ref<Process> process;
    };
    // False: no memory.
    bool keep(Process& process);

    std::atomic<u64> which_;
    sync::SpinLock<sync::Rank::kEventSource> watched_lock_;
    IntrusiveList<Watched, &Watched::node> watched_;
};

}  // namespace process
