// ioctl_tty(2).
#include "abi/linux/capability.h"
#include "abi/linux/signal.h"
#include "drivers/tty/terminal.h"
#include "object/credentials.h"
#include "process/task.h"

namespace drivers::tty {
namespace {

// termios without the speeds of termios2.
abi::termios narrow(const abi::termios2& t) {
    abi::termios n{};
    n.c_iflag = t.c_iflag;
    n.c_oflag = t.c_oflag;
    n.c_cflag = t.c_cflag;
    n.c_lflag = t.c_lflag;
    n.c_line = t.c_line;
    for (usize i = 0; i < abi::NCCS; i++) std::span(n.c_cc)[i] = std::span(t.c_cc)[i];
    return n;
}
u32 speed_of(u32 c_cflag, u32 other) {
    constexpr std::array<u32, 16> slow = {0,   50,   75,   110,  134,  150,  200,   300,
                                          600, 1200, 1800, 2400, 4800, 9600, 19200, 38400};
    constexpr std::array<u32, 16> fast = {0,       57600,   115200,  230400,  460800,  500000,  576000,  921600,
                                          1000000, 1152000, 1500000, 2000000, 2500000, 3000000, 3500000, 4000000};
    u32 code = c_cflag & abi::CBAUD;
    if (code == abi::BOTHER) return other;
    return (code & abi::CBAUDEX) != 0 ? fast[code & 15] : slow[code & 15];
}
abi::termios2 widen(const abi::termios& t, const abi::termios2& old) {
    abi::termios2 w = old;
    w.c_iflag = t.c_iflag;
    w.c_oflag = t.c_oflag;
    w.c_cflag = t.c_cflag;
    w.c_lflag = t.c_lflag;
    w.c_line = t.c_line;
    for (usize i = 0; i < abi::NCCS; i++) std::span(w.c_cc)[i] = std::span(t.c_cc)[i];
    w.c_ispeed = w.c_ospeed = speed_of(t.c_cflag, old.c_ospeed);
    return w;
}

// What `locked` lets change of `old` (Linux: unset_locked_termios).
abi::termios2 unlocked(const abi::termios2& wanted, const abi::termios2& old, const abi::termios& locked) {
    const auto merge = [](u32 now, u32 before, u32 mask) { return (now & ~mask) | (before & mask); };
    abi::termios2 t = wanted;
    t.c_iflag = merge(wanted.c_iflag, old.c_iflag, locked.c_iflag);
    t.c_oflag = merge(wanted.c_oflag, old.c_oflag, locked.c_oflag);
    t.c_cflag = merge(wanted.c_cflag, old.c_cflag, locked.c_cflag);
    t.c_lflag = merge(wanted.c_lflag, old.c_lflag, locked.c_lflag);
    if (locked.c_line != 0) t.c_line = old.c_line;
    for (usize i = 0; i < abi::NCCS; i++) {
        if (std::span(locked.c_cc)[i] != 0) std::span(t.c_cc)[i] = std::span(old.c_cc)[i];
    }
    return t;
}

}  // namespace

Result<i64> Terminal::set_settings(object::IoctlCtx& ctx, const abi::termios2& t, bool flush) {
    // Output is sent before write() returns, so there is nothing to wait for (TCSETSW).
    if (process::Task* task = process::task_of(ctx.thread)) TRY(process::check_foreground(*task, *this, abi::SIGTTOU));
    apply_settings(t, flush);
    return i64{0};
}

void Terminal::apply_settings(abi::termios2 t, bool flush) {
    bool started = false;
    abi::termios2 old;
    {
        auto s = state_.lock();
        old = s->line.settings();
        if (flush) s->line.flush_input();
        t = unlocked(t, s->line.settings(), s->locked);
        s->line.set_settings(t);
        if (s->stopped && (t.c_iflag & abi::IXON) == 0) {
            s->stopped = false;
            started = true;
        }
    }
    driver_.settings_changed(old, t);
    if (flush) {
        driver_.flushed(Flushed::kInput);
        driver_.resume();
    }
    input_.notify(object::kPollIn);  // readers look at the new mode
    if (started) hold_up(false);
}

// Locked settings, and the carrier that a line without modem does not look at.
Result<i64> Terminal::locks_ioctl(object::IoctlCtx& ctx) {
    switch (ctx.cmd) {
        case abi::TIOCGLCKTRMIOS: {
            const abi::termios locked = state_.lock()->locked;
            TRY(vm::UserOut<abi::termios>(ctx.arg).store(locked));
            return i64{0};
        }
        case abi::TIOCSLCKTRMIOS: {
            if (!ctx.credentials.capable(abi::CAP_SYS_ADMIN)) return Errno::kPERM;
            const abi::termios locked = TRY(vm::UserIn<abi::termios>(ctx.arg).fetch());
            state_.lock()->locked = locked;
            return i64{0};
        }
        case abi::TIOCGSOFTCAR: {
            const u32 cflag = state_.lock()->line.settings().c_cflag;
            TRY(vm::UserOut<i32>(ctx.arg).store((cflag & abi::CLOCAL) != 0 ? 1 : 0));
            return i64{0};
        }
        case abi::TIOCSSOFTCAR: {
            const u32 wanted = TRY(vm::UserIn<u32>(ctx.arg).fetch()) != 0 ? u32{abi::CLOCAL} : 0;
            abi::termios2 t = state_.lock()->line.settings();
            t.c_cflag = (t.c_cflag & ~u32{abi::CLOCAL}) | wanted;
            apply_settings(t, false);
            if ((state_.lock()->line.settings().c_cflag & abi::CLOCAL) != wanted) return Errno::kINVAL;
            return i64{0};
        }
        default: return Errno::kNOTTY;
    }
}

Result<i64> Terminal::settings_ioctl(object::IoctlCtx& ctx) {
    abi::termios2 now = [this] { return state_.lock()->line.settings(); }();
    switch (ctx.cmd) {
        case abi::TCGETS: TRY(vm::UserOut<abi::termios>(ctx.arg).store(narrow(now))); return i64{0};
        case abi::TCGETS2: TRY(vm::UserOut<abi::termios2>(ctx.arg).store(now)); return i64{0};
        case abi::TCGETA: {
            abi::termio old{};
            old.c_iflag = static_cast<u16>(now.c_iflag);
            old.c_oflag = static_cast<u16>(now.c_oflag);
            old.c_cflag = static_cast<u16>(now.c_cflag);
            old.c_lflag = static_cast<u16>(now.c_lflag);
            old.c_line = now.c_line;
            for (usize i = 0; i < 8; i++) std::span(old.c_cc)[i] = std::span(now.c_cc)[i];
            TRY(vm::UserOut<abi::termio>(ctx.arg).store(old));
            return i64{0};
        }
        case abi::TCSETS:
        case abi::TCSETSW:
        case abi::TCSETSF: {
            abi::termios t = TRY(vm::UserIn<abi::termios>(ctx.arg).fetch());
            return set_settings(ctx, widen(t, now), ctx.cmd == abi::TCSETSF);
        }
        case abi::TCSETS2:
        case abi::TCSETSW2:
        case abi::TCSETSF2: {
            abi::termios2 t = TRY(vm::UserIn<abi::termios2>(ctx.arg).fetch());
            t.c_ispeed = t.c_ospeed = speed_of(t.c_cflag, t.c_ospeed);
            return set_settings(ctx, t, ctx.cmd == abi::TCSETSF2);
        }
        case abi::TCSETA:
        case abi::TCSETAW:
        case abi::TCSETAF: {
            abi::termio t = TRY(vm::UserIn<abi::termio>(ctx.arg).fetch());
            now.c_iflag = (now.c_iflag & 0xffff'0000) | t.c_iflag;
            now.c_oflag = (now.c_oflag & 0xffff'0000) | t.c_oflag;
            now.c_cflag = (now.c_cflag & 0xffff'0000) | t.c_cflag;
            now.c_lflag = (now.c_lflag & 0xffff'0000) | t.c_lflag;
            for (usize i = 0; i < 8; i++) std::span(now.c_cc)[i] = std::span(t.c_cc)[i];
            return set_settings(ctx, now, ctx.cmd == abi::TCSETAF);
        }
        default: return locks_ioctl(ctx);
    }
}

Result<i64> Terminal::job_ioctl(object::IoctlCtx& ctx, process::Task& task) {
    switch (ctx.cmd) {
        case abi::TIOCSCTTY: {
            bool steal = ctx.arg.value == 1 && ctx.credentials.capable(abi::CAP_SYS_ADMIN);
            TRY(process::set_controlling_terminal(task, *this, steal));
            return i64{0};
        }
        case abi::TIOCNOTTY: TRY(process::release_controlling_terminal(task, *this)); return i64{0};
        case abi::TIOCGPGRP:
            TRY(vm::UserOut<i32>(ctx.arg).store(TRY(process::foreground_group(task, *this))));
            return i64{0};
        case abi::TIOCSPGRP: {
            i32 group = TRY(vm::UserIn<i32>(ctx.arg).fetch());
            TRY(process::set_foreground_group(task, *this, group));
            return i64{0};
        }
        case abi::TIOCGSID:
            TRY(vm::UserOut<i32>(ctx.arg).store(TRY(process::terminal_session(task, *this))));
            return i64{0};
        default: return Errno::kNOTTY;
    }
}

Result<i64> Terminal::line_ioctl(object::IoctlCtx& ctx) {
    switch (ctx.cmd) {
        case abi::TIOCINQ: {
            i32 n = static_cast<i32>(state_.lock()->line.available());
            TRY(vm::UserOut<i32>(ctx.arg).store(n));
            return i64{0};
        }
        case abi::TIOCOUTQ: TRY(vm::UserOut<i32>(ctx.arg).store(0)); return i64{0};
        case abi::TCFLSH:
            if (ctx.arg.value > abi::TCIOFLUSH) return Errno::kINVAL;
            if (ctx.arg.value != abi::TCOFLUSH) {
                state_.lock()->line.flush_input();
                driver_.resume();
            }
            driver_.flushed(ctx.arg.value == abi::TCIFLUSH   ? Flushed::kInput
                            : ctx.arg.value == abi::TCOFLUSH ? Flushed::kOutput
                                                             : Flushed::kBoth);
            return i64{0};
        case abi::TCXONC: {
            if (ctx.arg.value > abi::TCION) return Errno::kINVAL;
            if (ctx.arg.value <= abi::TCOON) {
                const bool stop = ctx.arg.value == abi::TCOOFF;
                const bool was_stopped = std::exchange(state_.lock()->stopped, stop);
                if (stop != was_stopped) hold_up(stop);
                return i64{0};
            }
            int index = ctx.arg.value == abi::TCIOFF ? abi::VSTOP : abi::VSTART;
            u8 c = [&] {
                auto s = state_.lock();
                return std::span(s->line.settings().c_cc)[static_cast<usize>(index)];
            }();
            if (c != 0) driver_.try_send(std::span(&c, 1));
            return i64{0};
        }
        case abi::TCSBRK:
        case abi::TCSBRKP: return i64{0};  // everything is sent already; breaks are not simulated
        case abi::TIOCGWINSZ: TRY(vm::UserOut<abi::winsize>(ctx.arg).store(window())); return i64{0};
        case abi::TIOCSWINSZ: set_window(TRY(vm::UserIn<abi::winsize>(ctx.arg).fetch())); return i64{0};
        case abi::TIOCSTI: {
            if (!ctx.credentials.capable(abi::CAP_SYS_ADMIN)) return Errno::kPERM;
            receive(TRY(vm::UserIn<u8>(ctx.arg).fetch()));
            return i64{0};
        }
        case abi::TIOCEXCL:
        case abi::TIOCNXCL: state_.lock()->exclusive = ctx.cmd == abi::TIOCEXCL; return i64{0};
        case abi::TIOCGEXCL: {
            i32 exclusive = state_.lock()->exclusive ? 1 : 0;
            TRY(vm::UserOut<i32>(ctx.arg).store(exclusive));
            return i64{0};
        }
        case abi::TIOCGETD: TRY(vm::UserOut<i32>(ctx.arg).store(abi::N_TTY)); return i64{0};
        case abi::TIOCSETD:
            return TRY(vm::UserIn<i32>(ctx.arg).fetch()) == abi::N_TTY ? Result<i64>(i64{0})
                                                                       : Result<i64>(Errno::kINVAL);
        case abi::TIOCGDEV: TRY(vm::UserOut<u32>(ctx.arg).store(device_number())); return i64{0};
        case abi::TIOCVHANGUP:
            if (!ctx.credentials.capable(abi::CAP_SYS_ADMIN)) return Errno::kPERM;
            hang_up_files();
            return i64{0};
        default: return Errno::kNOTTY;
    }
}

Result<i64> Terminal::ioctl(object::IoctlCtx& ctx, Generation g) {
    if (state_.lock()->dead(g)) return Errno::kIO;
    // The driver first: a pty answers some requests otherwise.
    auto special = driver_.ioctl(ctx);
    if (special.ok() || special.error() != Errno::kNOTTY) return special;
    auto r = settings_ioctl(ctx);
    if (r.ok() || r.error() != Errno::kNOTTY) return r;
    if (process::Task* task = process::task_of(ctx.thread)) {
        switch (ctx.cmd) {
            case abi::TIOCSCTTY:
            case abi::TIOCNOTTY:
            case abi::TIOCGPGRP:
            case abi::TIOCSPGRP:
            case abi::TIOCGSID: return job_ioctl(ctx, *task);
            default: break;
        }
    }
    return line_ioctl(ctx);
}

}  // namespace drivers::tty
