// Terminal: one terminal of the machine: line discipline, settings, readers and writers, job control.
// Callers: drivers/tty and the drivers of terminals (serial, console, pty).
// Locks, context: receive() and hang_up() from any context but NMI; the rest in thread context. Rank::kTtyState inside;
// Rank::kTtyWrite is held by writers across their user copies and waits.
// Source: Linux 6.1, drivers/tty/tty_io.c and n_tty.c; ioctl_tty(2).
#pragma once

#include "abi/linux/termios.h"
#include "drivers/tty/line_discipline.h"
#include "fs/inode.h"
#include "object/attributes.h"
#include "object/file.h"
#include "object/poll.h"
#include "process/session.h"
#include "process/tree.h"
#include "sched/mutex.h"

namespace drivers::tty {

enum class Flushed : u8 { kNothing = 0, kInput = 1, kOutput = 2, kBoth = 3 };

// What a terminal's line is made of. One object a terminal, alive as long as it.
class LineDriver {
  public:
    // Sends what can be sent at once; the number of bytes. Any context but NMI.
    virtual usize try_send(std::span<const u8> bytes) = 0;
    // Sends all, waiting. `sent` tells how much in any case. kRESTARTSYS; EIO when the other end is gone.
    virtual Result<void> send(std::span<const u8> bytes, usize& sent) = 0;
    // After receive() returned false: there is room again.
    virtual void resume() {}
    // Programs have changed the settings, thrown away what was on its way, held up the output (^S) or let it go on.
    virtual void settings_changed(const abi::termios2& /*old*/, const abi::termios2& /*now*/) {}
    virtual void flushed(Flushed) {}
    virtual void held_up(bool) {}
    // Whether the end of a session hangs it up: a machine's lines, but no pty (Linux: disassociate_ctty).
    virtual bool ends_with_session() const { return true; }
    // Requests that the terminal does not know. ENOTTY… kNOIOCTLCMD-like: ENOTTY.
    virtual Result<i64> ioctl(object::IoctlCtx&) { return Errno::kNOTTY; }
    virtual u32 poll_output(object::PollTable*) { return object::kPollOut; }
    // The first program has it open, the last one has closed it.
    virtual void first_opened() {}
    virtual void last_closed() {}
    // The terminal is gone: the last call.
    virtual void release() {}

  protected:
    ~LineDriver() = default;
};

class Terminal final : public process::Terminal {
  public:
    Terminal(LineDriver& driver, object::DeviceNumber number, const abi::termios2& settings);
    ~Terminal() override { driver_.release(); }

    u32 device_number() const override { return static_cast<u32>(number_.encode()); }
    object::DeviceNumber number() const { return number_; }

    // A byte from the line. False: the buffer is full; nothing was taken.
    bool receive(u8 byte);
    // Many; the number taken.
    usize receive(std::span<const u8> bytes);
    bool has_room() { return state_.lock()->line.has_room(); }
    // The line is gone for good: readers see the end, writers EIO, the session SIGHUP.
    void hang_up();
    // vhangup(2): the same for those who have it open now; it may be opened again. Thread context.
    void hang_up_files();
    bool hang_up_with_session() override;
    void set_window(const abi::winsize& size);
    abi::winsize window();

    // Which hang-ups a file has lived through: it is dead when one came after it was opened.
    using Generation = u32;
    static constexpr Generation kImmune = ~0u;  // /dev/console: not subject to vhangup, as on Linux

    // A File's operations.
    Result<usize> read(object::IoCtx& ctx, vm::IoWriter& to, Generation g);
    Result<usize> write(object::IoCtx& ctx, vm::IoReader& from, Generation g);
    Result<i64> ioctl(object::IoctlCtx& ctx, Generation g);
    u32 poll(object::PollTable* table, Generation g);
    // open(2): makes it the caller's controlling terminal if that is due. EIO, EBUSY.
    Result<Generation> opened(sched::Thread& thread, u32 flags, bool capable);
    void closed();
    u32 open_count();

    LineDriver& driver() { return driver_; }

  private:
    static constexpr usize kPendingEcho = 256;
    struct State {
        LineDiscipline line;
        abi::winsize window{};
        abi::termios locked{};  // bits and bytes that only TIOCSLCKTRMIOS lets change
        bool hung_up = false;
        bool stopped = false;    // ^S or TCOOFF
        bool exclusive = false;  // TIOCEXCL
        u32 opens = 0;
        Generation generation = 0;  // counts hang-ups

        bool dead(Generation g) const { return hung_up || (g != kImmune && g != generation); }
    };
    class Collector;

    void after_input(Collector& collected);
    void hold_up(bool stopped);
    void end_files(bool for_good);
    Result<i64> set_settings(object::IoctlCtx& ctx, const abi::termios2& t, bool flush);
    void apply_settings(abi::termios2 t, bool flush);
    Result<i64> settings_ioctl(object::IoctlCtx& ctx);
    Result<i64> locks_ioctl(object::IoctlCtx& ctx);
    Result<i64> job_ioctl(object::IoctlCtx& ctx, process::Task& task);
    Result<i64> line_ioctl(object::IoctlCtx& ctx);

    LineDriver& driver_;
    object::DeviceNumber number_;
    sync::Guarded<State, sync::SpinLock<sync::Rank::kTtyState, sync::kIrqOff>> state_;
    sched::Mutex<sync::Rank::kTtyWrite> write_lock_;
    object::PollSource input_;   // something to read, or a hang-up
    object::PollSource output_;  // running again after ^S, or a hang-up
};

// A File on a terminal.
class TerminalFile final : public object::File {
  public:
    static constexpr object::Facet kFacet{"terminal"};
    TerminalFile(Ref<Terminal> terminal, u32 flags) : File(flags), terminal_(std::move(terminal)) {}
    void set_generation(Terminal::Generation g) { generation_ = g; }
    Terminal& terminal() const { return *terminal_; }
    Result<usize> read(object::IoCtx& ctx, vm::IoWriter& to) override { return terminal_->read(ctx, to, generation_); }
    Result<usize> write(object::IoCtx& ctx, vm::IoReader& from) override {
        return terminal_->write(ctx, from, generation_);
    }
    Result<i64> ioctl(object::IoctlCtx& ctx) override { return terminal_->ioctl(ctx, generation_); }
    u32 poll(object::PollTable* table) override { return terminal_->poll(table, generation_); }
    bool can_poll() const override { return true; }
    bool can_signal() const override { return true; }
    void on_closed() override { terminal_->closed(); }
    void* facet(const object::Facet& wanted) override { return &wanted == &kFacet ? this : File::facet(wanted); }

  private:
    Ref<Terminal> terminal_;
    Terminal::Generation generation_ = 0;
};

// Opens `terminal` for a program: the File, controlling terminal taken if that is due.
enum class HangUps : u8 { kEnd, kSurvive };
Result<Ref<object::File>> open_terminal(Terminal& terminal, const fs::OpenContext& ctx,
                                        HangUps hang_ups = HangUps::kEnd);

}  // namespace drivers::tty
