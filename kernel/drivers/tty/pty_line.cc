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
        taken.slave_gone = s->slave_gone;
        if (s->packet_mode && s->status != 0) {
            to[taken.count++] = std::exchange(s->status, 0);
            return taken;
        }
        if (s->packet_mode && s->tail != s->head) to[taken.count++] = abi::TIOCPKT_DATA;
        while (taken.count < to.size() && s->tail != s->head) to[taken.count++] = s->ring[s->tail++ % kSize];
    }
    if (taken.count != 0) room_.notify(object::kPollOut);
    return taken;
}

usize PtyLine::available() {
    auto s = state_.lock();
    return s->head - s->tail;
}
PtyLine::Ready PtyLine::ready() {
    auto s = state_.lock();
    if (s->packet_mode && s->status != 0) return Ready::kStatus;
    return s->head != s->tail ? Ready::kData : Ready::kNo;
}

void PtyLine::set_packet_mode(bool on) {
    auto s = state_.lock();
    if (on && !s->packet_mode) s->status = 0;
    s->packet_mode = on;
}
bool PtyLine::packet_mode() { return state_.lock()->packet_mode; }

void PtyLine::tell(int add, int remove) {
    {
        auto s = state_.lock();
        if (!s->packet_mode) return;
        s->status = static_cast<u8>((s->status & ~remove) | add);
    }
    master_input_.notify(object::kPollIn | abi::POLLPRI);
}

// As Linux's pty_set_termios(): whether the usual ^S and ^Q hold up the output.
void PtyLine::settings_changed(const abi::termios2& old, const abi::termios2& now) {
    const auto usual_flow = [](const abi::termios2& t) {
        const std::span<const u8> cc(t.c_cc);
        return (t.c_iflag & abi::IXON) != 0 && cc[abi::VSTOP] == 0x13 && cc[abi::VSTART] == 0x11;
    };
    const bool before = usual_flow(old), after = usual_flow(now);
    int add = ((old.c_lflag | now.c_lflag) & abi::EXTPROC) != 0 ? abi::TIOCPKT_IOCTL : 0;
    if (before != after) add |= after ? abi::TIOCPKT_DOSTOP : abi::TIOCPKT_NOSTOP;
    if (add != 0) tell(add, before != after ? abi::TIOCPKT_DOSTOP | abi::TIOCPKT_NOSTOP : 0);
}

void PtyLine::flushed(Flushed what) {
    if (what != Flushed::kOutput) tell(abi::TIOCPKT_FLUSHREAD);
    if (what != Flushed::kInput) tell(abi::TIOCPKT_FLUSHWRITE);
}

void PtyLine::held_up(bool stopped) {
    if (stopped) {
        tell(abi::TIOCPKT_STOP, abi::TIOCPKT_START);
    } else {
        tell(abi::TIOCPKT_START, abi::TIOCPKT_STOP);
    }
}

bool PtyLine::slave_gone() { return state_.lock()->slave_gone; }

void PtyLine::close_master() {
    state_.lock()->master_closed = true;
    room_.notify(object::kPollOut | object::kPollHangUp);
}

}  // namespace drivers::tty
