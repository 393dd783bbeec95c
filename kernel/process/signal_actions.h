// SignalActions: what a process does on each signal, sigaction(2). Shared by forks until one of them changes it.
// Callers: process. Pure.
// Locks, context: entries change under the process's signal lock; `ignored` and `caught` are read without.
#pragma once

#include <array>
#include <atomic>

#include "base/ref.h"
#include "process/signal_info.h"

namespace process {

class SignalActions : public RefCounted<SignalActions> {
  public:
    // The actions of a process where all are SIG_DFL.
    static Result<Ref<SignalActions>> create();
    Result<Ref<SignalActions>> clone() const;
    // After exec: caught ones become SIG_DFL, ignored ones stay so.
    Result<Ref<SignalActions>> for_exec() const;

    const abi::sigaction& get(int signo) const { return entries_[static_cast<usize>(signo - 1)]; }
    void set(int signo, const abi::sigaction& action);

    // SIG_IGN, or SIG_DFL where that means to ignore.
    bool ignores(int signo) const {
        return explicitly_ignored().has(signo) || (kDefaultIgnored.has(signo) && !caught().has(signo));
    }
    SignalSet explicitly_ignored() const { return SignalSet(ignored_.load(std::memory_order_relaxed)); }
    SignalSet caught() const { return SignalSet(caught_.load(std::memory_order_relaxed)); }

    // CLONE_SIGHAND: several processes change the same object; forks copy it at once.
    std::atomic<bool> shared{false};

  private:
    std::array<abi::sigaction, kMaxSignal> entries_{};
    std::atomic<u64> ignored_{0};
    std::atomic<u64> caught_{0};
};

}  // namespace process
