#include "process/signal_actions.h"

namespace process {

Result<Ref<SignalActions>> SignalActions::create() { return make_ref<SignalActions>(); }

Result<Ref<SignalActions>> SignalActions::clone() const {
    Ref<SignalActions> copy = TRY(create());
    copy->entries_ = entries_;
    copy->ignored_.store(ignored_.load(std::memory_order_relaxed), std::memory_order_relaxed);
    copy->caught_.store(caught_.load(std::memory_order_relaxed), std::memory_order_relaxed);
    return copy;
}

Result<Ref<SignalActions>> SignalActions::for_exec() const {
    Ref<SignalActions> fresh = TRY(create());
    for (int signo = 1; signo <= kMaxSignal; signo++) {
        if (explicitly_ignored().has(signo)) fresh->set(signo, {.sa_handler = abi::SIG_IGN});
    }
    return fresh;
}

void SignalActions::set(int signo, const abi::sigaction& action) {
    entries_[static_cast<usize>(signo - 1)] = action;
    SignalSet ignored_now = explicitly_ignored(), caught_now = caught();
    ignored_now.remove(signo);
    caught_now.remove(signo);
    if (action.sa_handler == abi::SIG_IGN) {
        ignored_now.add(signo);
    } else if (action.sa_handler != abi::SIG_DFL) {
        caught_now.add(signo);
    }
    ignored_.store(ignored_now.bits, std::memory_order_relaxed);
    caught_.store(caught_now.bits, std::memory_order_relaxed);
}

}  // namespace process
