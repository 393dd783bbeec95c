#include "linux/poll_waiter.h"

namespace linux_abi {

PollWaiter::~PollWaiter() {
    for (Entry& e : std::span(first_).first(used_)) e.source->queue.remove(e);
    usize n = chunk_used_;
    // One after the other: destructors that call each other would go as deep as there are chunks.
    while (chunk_) {
        for (Entry& e : std::span(chunk_->entries).first(n)) e.source->queue.remove(e);
        Own<Chunk> previous = std::move(chunk_->previous);
        chunk_ = std::move(previous);
        n = std::tuple_size_v<decltype(Chunk::entries)>;
    }
}

PollWaiter::Entry* PollWaiter::new_entry() {
    if (used_ < first_.size()) return &first_[used_++];
    if (!chunk_ || chunk_used_ == chunk_->entries.size()) {
        Result<Own<Chunk>> fresh = make_own<Chunk>();
        if (!fresh.ok()) return nullptr;
        Own<Chunk> chunk = fresh.take();
        chunk->previous = std::move(chunk_);
        chunk_ = std::move(chunk);
        chunk_used_ = 0;
    }
    return &chunk_->entries[chunk_used_++];
}

u32 PollWaiter::ask_and_watch(object::File& file) {
    asked_ = &file;
    return file.poll(this);
}

void PollWaiter::watch(object::PollSource& source) {
    Entry* e = new_entry();
    if (e == nullptr) {
        incomplete_ = true;
        return;
    }
    e->wake = &on_wake;
    e->owner = this;
    e->source = &source;
    e->file = Ref<object::File>(*asked_);
    source.queue.add(*e);
}

// Any context. The entry stays: the thread looks at all its files again.
bool PollWaiter::on_wake(sched::WaitEntry& entry, u32) {
    PollWaiter& self = *static_cast<Entry&>(entry).owner;
    self.woken_.store(true, std::memory_order_seq_cst);
    sched::wake(self.thread_);
    return true;
}

Result<void> PollWaiter::sleep(Instant deadline) {
    sched::set_state(thread_, sched::state::kInterruptible);
    bool in_time = true;
    if (!woken_.load(std::memory_order_seq_cst) && !thread_.interrupted()) in_time = sched::schedule_until(deadline);
    sched::set_running(thread_);
    if (woken_.load(std::memory_order_seq_cst)) return {};
    if (thread_.interrupted()) return Errno::kRESTARTNOHAND;
    if (!in_time) return Errno::kTIMEDOUT;
    return {};
}

}  // namespace linux_abi
