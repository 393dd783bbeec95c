#include "drivers/tty/terminal.h"

#include <array>
#include <optional>

#include "abi/linux/capability.h"
#include "abi/linux/signal.h"
#include "fs/inode.h"
#include "process/task.h"
#include "time/clock.h"

namespace drivers::tty {

// What input() wants done, to be done after the terminal's lock is dropped: echo takes the line's lock and may be
// slow, and signals take the process tree's, which stands above.
class Terminal::Collector final : public LineClient {
  public:
    explicit Collector(State& state) : state_(state) {}
    void echo(std::span<const u8> bytes) override {
        for (u8 b : bytes)
            if (echo_used < echo_bytes.size()) echo_bytes[echo_used++] = b;
    }
    void signal(int signo) override {
        if (signal_count < signals.size()) signals[signal_count++] = signo;
    }
    // The discipline throws away its input at the same time.
    void flush_output() override { flushed = Flushed::kBoth; }
    void set_stopped(bool stopped) override {
        if (state_.stopped == stopped) return;
        state_.stopped = stopped;
        held_up = stopped;
    }

    std::array<u8, kPendingEcho> echo_bytes{};
    usize echo_used = 0;
    std::array<int, 8> signals{};
    usize signal_count = 0;
    Flushed flushed = Flushed::kNothing;
    std::optional<bool> held_up;

  private:
    State& state_;
};

Terminal::Terminal(LineDriver& driver, object::DeviceNumber number, const abi::termios2& settings)
    : driver_(driver), number_(number) {
    state_.unguarded().line.set_settings(settings);
}

void Terminal::after_input(Collector& c) {
    std::span<const u8> echo = std::span(c.echo_bytes).first(c.echo_used);
    // A few tries: what a stalled line does not take is lost, as echo may be.
    for (int tries = 0; !echo.empty() && tries < 100; tries++) echo = echo.subspan(driver_.try_send(echo));
    for (int signo : std::span(c.signals).first(c.signal_count)) process::signal_foreground(*this, signo);
    if (c.flushed != Flushed::kNothing) driver_.flushed(c.flushed);
    if (c.held_up) hold_up(*c.held_up);
}

// `stopped` has just become so.
void Terminal::hold_up(bool stopped) {
    driver_.held_up(stopped);
    if (!stopped) output_.notify(object::kPollOut);
}

bool Terminal::receive(u8 byte) { return receive(std::span(&byte, 1)) == 1; }

usize Terminal::receive(std::span<const u8> bytes) {
    usize taken = 0;
    while (taken < bytes.size()) {
        auto s = state_.lock();
        Collector collector(*s);
        while (taken < bytes.size() && s->line.has_room() && collector.echo_used < kPendingEcho / 2)
            s->line.input(bytes[taken++], collector);
        bool readable = s->line.readable();
        bool full = !s->line.has_room();
        s.unlock();
        after_input(collector);
        if (readable) input_.notify(object::kPollIn);
        if (full) break;
    }
    return taken;
}

void Terminal::hang_up() { end_files(true); }
void Terminal::hang_up_files() { end_files(false); }

bool Terminal::hang_up_with_session() {
    if (!driver_.ends_with_session()) return false;
    hang_up_files();
    return true;
}

void Terminal::end_files(bool for_good) {
    {
        auto s = state_.lock();
        s->hung_up |= for_good;
        s->generation++;
        s->stopped = false;
        s->line.flush_input();
    }
    process::hang_up(*this);
    constexpr u32 kEvents = object::kPollIn | object::kPollOut | object::kPollHangUp | object::kPollError;
    input_.notify(kEvents);
    output_.notify(kEvents);
}

abi::winsize Terminal::window() { return state_.lock()->window; }

void Terminal::set_window(const abi::winsize& size) {
    bool changed = false;
    {
        auto s = state_.lock();
        changed = base::text_of(base::bytes_of(s->window)) != base::text_of(base::bytes_of(size));
        s->window = size;
    }
    if (changed) process::signal_foreground(*this, abi::SIGWINCH);
}

// POSIX.1-2017, 11.1.7: what MIN and TIME mean outside canonical mode. Follows n_tty_read() of Linux.
Result<usize> Terminal::read(object::IoCtx& ctx, vm::IoWriter& to, Generation g) {
    process::Task* task = process::task_of(ctx.thread);
    std::array<u8, 512> block;
    usize done = 0;
    bool first = true;
    Instant deadline = Instant::never();
    for (;;) {
        if (task != nullptr) {
            auto allowed = process::check_foreground(*task, *this, abi::SIGTTIN);
            if (!allowed.ok()) return done != 0 ? Result<usize>(done) : Result<usize>(allowed.error());
        }
        usize minimum = 1;
        Duration between = Duration::forever();
        LineDiscipline::ReadResult got;
        bool canonical = false, hung_up = false, had_input = false;
        {
            auto s = state_.lock();
            canonical = s->line.canonical();
            hung_up = s->dead(g);
            if (!canonical) {
                const abi::termios2& t = s->line.settings();
                usize min = std::span(t.c_cc)[abi::VMIN], tenths = std::span(t.c_cc)[abi::VTIME];
                Duration time =
                    tenths == 0 ? Duration::forever() : Duration::milliseconds(static_cast<i64>(tenths) * 100);
                minimum = min == 0 ? 1 : min;
                if (min == 0) {
                    // TIME runs from the call on, not between bytes; 0 does not wait at all.
                    if (first) deadline = time::now() + (tenths == 0 ? Duration() : time);
                } else {
                    between = time;
                }
            }
            had_input = !hung_up && s->line.readable();
            if (had_input) got = s->line.read(std::span(block).first(std::min(block.size(), to.remaining())));
        }
        first = false;
        if (hung_up) return done;
        if (had_input) {
            driver_.resume();
            if (got.count != 0) {
                auto n = to.write(std::span(block).first(got.count));
                if (!n.ok()) return done != 0 ? Result<usize>(done) : n;
                done += *n;
                if (*n < got.count) return done;
            }
            if (to.empty()) return done;
            if (canonical) {
                if (got.end) return done;
                continue;  // the rest of a line longer than the block
            }
            if (done >= minimum && got.count < block.size()) return done;
            if (done >= minimum) continue;  // more may be there already
            if (between != Duration::forever()) deadline = time::now() + between;
            continue;
        }
        if (done >= minimum || to.empty()) return done;
        if (deadline != Instant::never() && time::now() >= deadline) return done;
        if (ctx.nonblock()) return done != 0 ? Result<usize>(done) : Result<usize>(Errno::kAGAIN);
        auto woken = input_.queue.wait_interruptible(
            [this, g] {
                auto s = state_.lock();
                return s->line.readable() || s->dead(g);
            },
            deadline);
        if (!woken.ok() && woken.error() != Errno::kTIMEDOUT)
            return done != 0 ? Result<usize>(done) : Result<usize>(woken.error());
    }
}

Result<usize> Terminal::write(object::IoCtx& ctx, vm::IoReader& from, Generation g) {
    process::Task* task = process::task_of(ctx.thread);
    if (task != nullptr && (state_.lock()->line.settings().c_lflag & abi::TOSTOP) != 0)
        TRY(process::check_foreground(*task, *this, abi::SIGTTOU));
    sync::LockGuard guard(write_lock_);
    std::array<u8, 512> in;
    std::array<u8, 1536> out;
    usize done = 0;
    while (!from.empty()) {
        auto n = from.read(std::span(in).first(std::min(in.size(), from.remaining())));
        if (!n.ok()) return done != 0 ? Result<usize>(done) : n;
        std::span<const u8> left = std::span(in).first(*n);
        while (!left.empty()) {
            LineDiscipline::OutputResult r;
            {
                auto s = state_.lock();
                if (s->dead(g)) return done != 0 ? Result<usize>(done) : Result<usize>(Errno::kIO);
                if (s->stopped) {
                    if (ctx.nonblock()) return done != 0 ? Result<usize>(done) : Result<usize>(Errno::kAGAIN);
                    s.unlock();
                    auto woken = output_.queue.wait_interruptible([this, g] {
                        auto t = state_.lock();
                        return !t->stopped || t->dead(g);
                    });
                    if (!woken.ok()) return done != 0 ? Result<usize>(done) : Result<usize>(woken.error());
                    continue;
                }
                r = s->line.process_output(left, out);
            }
            std::span<const u8> bytes = std::span(out).first(r.produced);
            usize sent = 0;
            if (ctx.nonblock()) {
                sent = driver_.try_send(bytes);
                if (sent == 0 && !bytes.empty()) return done != 0 ? Result<usize>(done) : Result<usize>(Errno::kAGAIN);
            }
            usize more = 0;
            Result<void> sending;
            if (sent < bytes.size()) sending = driver_.send(bytes.subspan(sent), more);
            sent += more;
            // Output that was processed counts as written, also when a signal came while it was on its way: its bytes
            // cannot be processed twice.
            if (sent != 0 || bytes.empty()) {
                done += r.consumed;
                left = left.subspan(r.consumed);
            }
            if (!sending.ok()) return done != 0 ? Result<usize>(done) : Result<usize>(sending.error());
        }
    }
    return done;
}

u32 Terminal::poll(object::PollTable* table, Generation g) {
    if (table != nullptr) {
        table->watch(input_);
        table->watch(output_);
    }
    u32 events = driver_.poll_output(table);
    auto s = state_.lock();
    const abi::termios2& t = s->line.settings();
    std::span<const u8> cc(t.c_cc);
    usize minimum = !s->line.canonical() && cc[abi::VTIME] == 0 && cc[abi::VMIN] != 0 ? cc[abi::VMIN] : 1;
    if (s->line.readable(minimum)) events |= object::kPollIn;
    if (s->stopped) events &= ~object::kPollOut;
    if (s->dead(g)) events |= object::kPollIn | object::kPollOut | object::kPollHangUp;
    return events;
}

Result<Terminal::Generation> Terminal::opened(sched::Thread& thread, u32 flags, bool capable) {
    Generation generation = 0;
    bool first = false;
    {
        auto s = state_.lock();
        if (s->hung_up) return Errno::kIO;
        if (s->exclusive && !capable) return Errno::kBUSY;
        first = s->opens++ == 0;
        generation = s->generation;
    }
    if (first) driver_.first_opened();
    process::Task* task = process::task_of(thread);
    if (task != nullptr && (flags & abi::O_NOCTTY) == 0) process::adopt_controlling_terminal(*task, *this);
    return generation;
}

void Terminal::closed() {
    bool last = false;
    {
        auto s = state_.lock();
        last = --s->opens == 0;
        if (last) s->exclusive = false;
    }
    if (last) driver_.last_closed();
}

u32 Terminal::open_count() { return state_.lock()->opens; }

Result<Ref<object::File>> open_terminal(Terminal& terminal, const fs::OpenContext& ctx, HangUps hang_ups) {
    Ref<TerminalFile> file = TRY(make_ref<TerminalFile>(Ref<Terminal>(static_cast<Terminal&>(terminal)), ctx.flags));
    Terminal::Generation g =
        TRY(terminal.opened(ctx.caller.thread, ctx.flags, ctx.caller.credentials.capable(abi::CAP_SYS_ADMIN)));
    file->set_generation(hang_ups == HangUps::kSurvive ? Terminal::kImmune : g);
    return file;
}

}  // namespace drivers::tty
