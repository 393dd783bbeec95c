// LineDiscipline: what lies between a terminal's line and a program's read and write: editing, echo, signals, lines.
// Callers: drivers/tty (under the terminal's lock), host tests. Pure.
// Locks, context: none of its own; the owner serialises; input() may run in interrupt context.
// Source: POSIX.1-2017, XBD chapter 11; behaviour as Linux 6.1 drivers/tty/n_tty.c.
#pragma once

#include <array>
#include <span>

#include "abi/linux/termios.h"
#include "base/bitmap.h"
#include "base/types.h"

namespace drivers::tty {

// What the discipline asks of its terminal.
class LineClient {
  public:
    // Bytes for the screen, output processing done.
    virtual void echo(std::span<const u8> bytes) = 0;
    // To the foreground process group: SIGINT, SIGQUIT, SIGTSTP.
    virtual void signal(int signo) = 0;
    // Throw away output that was not sent yet.
    virtual void flush_output() = 0;
    // ^S, ^Q.
    virtual void set_stopped(bool stopped) = 0;

  protected:
    ~LineClient() = default;
};

// The settings of a fresh terminal (Linux's tty_std_termios): canonical, echoing, 38400 baud or as given.
abi::termios2 standard_settings(u32 speed_code = abi::B38400);

class LineDiscipline {
  public:
    static constexpr usize kBufferSize = 4096;

    const abi::termios2& settings() const { return settings_; }
    void set_settings(const abi::termios2& t);

    // One byte from the line.
    void input(u8 c, LineClient& client);
    void input(std::span<const u8> bytes, LineClient& client) {
        for (u8 c : bytes) input(c, client);
    }
    // Whether input() takes at least one more byte without losing it.
    bool has_room() const { return canonical() || count() < kBufferSize - 1; }

    bool canonical() const { return lflag(abi::ICANON); }
    // Whether a read finds something; `minimum` counts only outside canonical mode.
    bool readable(usize minimum = 1) const {
        return canonical() ? line_end_ != tail_ : count() >= minimum && count() > 0;
    }
    // Bytes that reads would give now (FIONREAD).
    usize available() const;
    // Takes bytes out: in canonical mode at most to the end of a line, in which case `end` is set (also with 0 bytes:
    // end of file). `end` is not set if the line goes on.
    struct ReadResult {
        usize count = 0;
        bool end = false;
    };
    ReadResult read(std::span<u8> to);
    void flush_input();

    // Output processing: consumes from `in` what fits `out`, which must hold at least 8 bytes.
    struct OutputResult {
        usize consumed = 0;
        usize produced = 0;
    };
    OutputResult process_output(std::span<const u8> in, std::span<u8> out);

  private:
    class Echo;

    bool iflag(u32 f) const { return (settings_.c_iflag & f) != 0; }
    bool oflag(u32 f) const { return (settings_.c_oflag & f) != 0; }
    bool lflag(u32 f) const { return (settings_.c_lflag & f) != 0; }
    // A control character that is not disabled (0).
    bool is(u8 c, int index) const { return c != 0 && std::span(settings_.c_cc)[static_cast<usize>(index)] == c; }

    usize count() const { return head_ - tail_; }
    u8& at(usize position) { return buffer_[position % kBufferSize]; }
    u8 at(usize position) const { return buffer_[position % kBufferSize]; }
    bool is_continuation(u8 c) const { return iflag(abi::IUTF8) && (c & 0xc0) == 0x80; }

    bool flow_control(u8 c, LineClient& client);
    bool signals(u8 c, LineClient& client);
    bool edit(u8 c, Echo& echo);
    void erase(u8 c, Echo& echo);
    void erase_one(Echo& echo);
    usize tab_width_before(usize position) const;
    void reprint(Echo& echo);
    void finish_erasing(Echo& echo);
    void store(u8 c, Echo& echo);
    void end_line(u8 c, bool end_of_file);
    void process_one(u8 c, std::span<u8> out, usize& produced);

    abi::termios2 settings_ = standard_settings();
    std::array<u8, kBufferSize> buffer_{};
    Bitmap<kBufferSize> ends_;                  // positions that end a line
    Bitmap<kBufferSize> end_of_file_;           // of those: ends that are not part of the data
    usize head_ = 0, tail_ = 0, line_end_ = 0;  // grow for ever; positions modulo kBufferSize
    usize column_ = 0, line_column_ = 0;        // of the cursor; where the line being edited began
    bool literal_next_ = false, erasing_ = false, stopped_ = false;
};

}  // namespace drivers::tty
