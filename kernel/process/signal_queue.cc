#include "process/signal_queue.h"

namespace process {

void SignalQueue::add(Own<QueuedSignal> entry) {
    pending_.add(entry->info.signo);
    queued_++;
    entries_.push_back(*entry.release());
}

SignalInfo SignalQueue::take(int signo) {
    Own<QueuedSignal> found;
    bool more = false;
    for (QueuedSignal& entry : entries_) {
        if (entry.info.signo != signo) continue;
        if (found) {
            more = true;
            break;
        }
        entry.node.unlink();
        queued_--;
        found.reset(&entry);
    }
    if (!more) pending_.remove(signo);
    // Linux's collect_signal(): without information it reads as kill(2) from nobody.
    return found ? found->info : SignalInfo::user(signo, abi::SI_USER, 0, 0);
}

SignalInfo* SignalQueue::find_timer(int signo, i32 timer_id) {
    if (!pending_.has(signo)) return nullptr;
    for (QueuedSignal& entry : entries_) {
        const SignalInfo& info = entry.info;
        if (info.signo == signo && info.code == abi::SI_TIMER && info.timer_id() == timer_id) return &entry.info;
    }
    return nullptr;
}

void SignalQueue::discard(SignalSet which) {
    const SignalSet gone = pending_ & which;
    if (gone.empty()) return;
    pending_ = pending_.without(gone);
    if (entries_.empty()) return;
    for (QueuedSignal& entry : entries_) {
        if (!gone.has(entry.info.signo)) continue;
        entry.node.unlink();
        queued_--;
        base::destroy(&entry);
    }
}

}  // namespace process
