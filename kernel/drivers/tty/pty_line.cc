#include "drivers/tty/pty_line.h"

namespace drivers::tty {

usize PtyLine::try_send(std::span<const u8> bytes) {
    usize n = 0;
    {
        auto s = state_.lock();
        if (s->master_closed) return bytes.size();  // nobody will read it
        n = s->room() < bytes.size() ? s->room() : bytes.size();
        for (u8 b : bytes.first(n)) s->ring[s->head++ % kSize] = b;
    }
    if (n != 0) master_input_.notify(object::kPollIn);
    return n;
}

Result<void> PtyLine::send(std::span<const u8> bytes, usize& sent) {
    sent = 0;
    for (;;) {
        sent += try_send(bytes.subspan(sent));
        if (sent == bytes.size()) return {};
        TRY(room_.queue.wait_interruptible([this] {
            auto s = state_.lock();
            return s->room() != 0 || s->master_closed;
        }));
    }
}

u32 PtyLine::poll_output(object::PollTable* table) {
    if (table != nullptr) table->watch(room_);
    auto s = state_.lock();
    return s->room() != 0 || s->master_closed ? object::kPollOut : 0;
}

void PtyLine::first_opened() { state_.lock()->slave_gone = false; }

void PtyLine::last_closed() {
    state_.lock()->slave_gone = true;
    master_input_.notify(object::kPollIn | object::kPollHangUp);
    master_output_.notify(object::kPollOut | object::kPollHangUp);
}

PtyLine::Taken PtyLine::take(std::span<u8> to) {
    Taken taken;
    {
        auto s = state_.lock();
        while (taken.count < to.size() && s->tail != s->head) to[taken.count++] = s->ring[s->tail++ % kSize];
        taken.slave_gone = s->slave_gone;
    }
    if (taken.count != 0) room_.notify(object::kPollOut);
    return taken;
}

usize PtyLine::available() {
    auto s = state_.lock();
    return s->head - s->tail;
}
bool PtyLine::slave_gone() { return state_.lock()->slave_gone; }

void PtyLine::close_master() {
    state_.lock()->master_closed = true;
    room_.notify(object::kPollOut | object::kPollHangUp);
}

}  // namespace drivers::tty
