#include "drivers/tty/line_discipline.h"

#include "abi/linux/signal.h"

namespace drivers::tty {
namespace {

constexpr u8 kDelete = 0x7f, kBell = 7, kBackspace = 8;
bool is_control(u8 c) { return c < 0x20 || c == kDelete; }
bool is_word(u8 c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c >= 0x80;
}
constexpr u8 control(char c) { return static_cast<u8>(c) & 0x1f; }

}  // namespace

abi::termios2 standard_settings(u32 speed_code) {
    abi::termios2 t{};
    t.c_iflag = abi::ICRNL | abi::IXON;
    t.c_oflag = abi::OPOST | abi::ONLCR;
    t.c_cflag = speed_code | abi::CS8 | abi::CREAD | abi::HUPCL;
    t.c_lflag =
        abi::ISIG | abi::ICANON | abi::ECHO | abi::ECHOE | abi::ECHOK | abi::ECHOCTL | abi::ECHOKE | abi::IEXTEN;
    const std::array<u8, abi::NCCS> cc = {control('C'),
                                          28,
                                          kDelete,
                                          control('U'),
                                          control('D'),
                                          0,
                                          1,
                                          0,
                                          control('Q'),
                                          control('S'),
                                          control('Z'),
                                          0,
                                          control('R'),
                                          control('O'),
                                          control('W'),
                                          control('V'),
                                          0,
                                          0,
                                          0};
    for (usize i = 0; i < cc.size(); i++) std::span(t.c_cc)[i] = cc[i];
    t.c_ispeed = t.c_ospeed = speed_code == abi::B115200 ? 115'200 : 38'400;
    return t;
}

// Collects echo of one input byte and hands it over at once, output processing done.
class LineDiscipline::Echo {
  public:
    Echo(LineDiscipline& line, LineClient& client) : line_(line), client_(client) {}
    ~Echo() { flush(); }
    Echo(const Echo&) = delete;
    Echo& operator=(const Echo&) = delete;

    // Through output processing.
    void put(u8 c) {
        if (bytes_.size() - used_ < 16) flush();
        line_.process_one(c, bytes_, used_);
    }
    // As it is; the column is the caller's affair.
    void raw(u8 c) {
        if (used_ == bytes_.size()) flush();
        bytes_[used_++] = c;
    }
    // A character of the input: control characters as ^X.
    void character(u8 c) {
        if (line_.lflag(abi::ECHOCTL) && is_control(c) && c != '\t') {
            put('^');
            put(c ^ 0x40);
        } else {
            put(c);
        }
    }
    void flush() {
        if (used_ != 0) client_.echo(std::span(bytes_).first(used_));
        used_ = 0;
    }

  private:
    LineDiscipline& line_;
    LineClient& client_;
    std::array<u8, 128> bytes_{};
    usize used_ = 0;
};

void LineDiscipline::set_settings(const abi::termios2& t) {
    bool was_canonical = canonical();
    settings_ = t;
    if (canonical() != was_canonical) {
        // What was typed raw counts as one finished line (n_tty_set_termios).
        ends_.clear_all();
        end_of_file_.clear_all();
        line_end_ = tail_;
        if (canonical() && count() > 0) {
            ends_.set((head_ - 1) % kBufferSize);
            line_end_ = head_;
        }
        erasing_ = false;
        literal_next_ = false;
    }
    if (!iflag(abi::IXON)) stopped_ = false;
}

void LineDiscipline::flush_input() {
    tail_ = line_end_ = head_;
    ends_.clear_all();
    end_of_file_.clear_all();
    erasing_ = literal_next_ = false;
}

bool LineDiscipline::flow_control(u8 c, LineClient& client) {
    if (!iflag(abi::IXON)) return false;
    if (is(c, abi::VSTART)) {
        stopped_ = false;
        client.set_stopped(false);
        return true;
    }
    if (is(c, abi::VSTOP)) {
        stopped_ = true;
        client.set_stopped(true);
        return true;
    }
    if (stopped_ && iflag(abi::IXANY)) {
        stopped_ = false;
        client.set_stopped(false);
    }
    return false;
}

bool LineDiscipline::signals(u8 c, LineClient& client) {
    if (!lflag(abi::ISIG)) return false;
    int signo = is(c, abi::VINTR)   ? abi::SIGINT
                : is(c, abi::VQUIT) ? abi::SIGQUIT
                : is(c, abi::VSUSP) ? abi::SIGTSTP
                                    : 0;
    if (signo == 0) return false;
    if (!lflag(abi::NOFLSH)) {
        flush_input();
        client.flush_output();
    }
    if (stopped_) {
        stopped_ = false;
        client.set_stopped(false);
    }
    if (lflag(abi::ECHO)) Echo(*this, client).character(c);
    client.signal(signo);
    return true;
}

void LineDiscipline::input(u8 c, LineClient& client) {
    if (literal_next_) {
        literal_next_ = false;
        Echo echo(*this, client);
        finish_erasing(echo);
        if (lflag(abi::ECHO)) {
            if (line_end_ == head_) line_column_ = column_;
            echo.character(c);
        }
        store(c, echo);
        return;
    }
    if (iflag(abi::ISTRIP)) c &= 0x7f;
    if (flow_control(c, client) || signals(c, client)) return;
    if (c == '\r') {
        if (iflag(abi::IGNCR)) return;
        if (iflag(abi::ICRNL)) c = '\n';
    } else if (c == '\n' && iflag(abi::INLCR)) {
        c = '\r';
    }
    Echo echo(*this, client);
    if (canonical() && edit(c, echo)) return;
    if (lflag(abi::ECHO)) {
        finish_erasing(echo);
        if (c == '\n') {
            echo.put(c);
        } else {
            if (line_end_ == head_) line_column_ = column_;
            echo.character(c);
        }
    }
    store(c, echo);
}

// Canonical mode's special characters; true when `c` was one.
bool LineDiscipline::edit(u8 c, Echo& echo) {
    bool extended = lflag(abi::IEXTEN);
    if (is(c, abi::VERASE) || is(c, abi::VKILL) || (is(c, abi::VWERASE) && extended)) {
        erase(c, echo);
        return true;
    }
    if (is(c, abi::VLNEXT) && extended) {
        literal_next_ = true;
        if (lflag(abi::ECHO)) {
            finish_erasing(echo);
            if (lflag(abi::ECHOCTL)) {
                echo.raw('^');
                echo.raw(kBackspace);
            }
        }
        return true;
    }
    if (is(c, abi::VREPRINT) && lflag(abi::ECHO) && extended) {
        finish_erasing(echo);
        echo.character(c);
        echo.put('\n');
        reprint(echo);
        return true;
    }
    if (c == '\n') {
        if (lflag(abi::ECHO) || lflag(abi::ECHONL)) {
            finish_erasing(echo);
            echo.put('\n');
        }
        end_line(c, false);
        return true;
    }
    if (is(c, abi::VEOF)) {
        end_line(0, true);
        return true;
    }
    if (is(c, abi::VEOL) || (is(c, abi::VEOL2) && extended)) {
        if (lflag(abi::ECHO)) {
            finish_erasing(echo);
            if (line_end_ == head_) line_column_ = column_;
            echo.character(c);
        }
        end_line(c, false);
        return true;
    }
    return false;
}

void LineDiscipline::store(u8 c, Echo& echo) {
    // One place is kept for the character that ends the line.
    if (count() >= kBufferSize - 1) {
        if (iflag(abi::IMAXBEL)) echo.raw(kBell);
        return;
    }
    ends_.clear(head_ % kBufferSize);
    end_of_file_.clear(head_ % kBufferSize);
    at(head_++) = c;
    if (!canonical()) line_end_ = head_;
}

void LineDiscipline::end_line(u8 c, bool end_of_file) {
    if (count() >= kBufferSize) return;
    usize slot = head_ % kBufferSize;
    at(head_++) = c;
    ends_.set(slot);
    if (end_of_file) {
        end_of_file_.set(slot);
    } else {
        end_of_file_.clear(slot);
    }
    line_end_ = head_;
    erasing_ = false;
}

void LineDiscipline::erase(u8 c, Echo& echo) {
    if (head_ == line_end_) return;
    bool word = is(c, abi::VWERASE), kill = is(c, abi::VKILL) && !is(c, abi::VERASE);
    if (kill && (!lflag(abi::ECHO) || !lflag(abi::ECHOK) || !lflag(abi::ECHOKE) || !lflag(abi::ECHOE))) {
        head_ = line_end_;
        if (!lflag(abi::ECHO)) return;
        finish_erasing(echo);
        echo.character(c);
        if (lflag(abi::ECHOK)) echo.put('\n');
        return;
    }
    bool seen_word = false;
    while (head_ != line_end_) {
        // The start of the last character: in UTF-8 it may be several bytes back.
        usize start = head_ - 1;
        while (start != line_end_ && is_continuation(at(start))) start--;
        if (is_continuation(at(start))) break;  // not a whole character: leave it
        if (word) {
            if (is_word(at(start))) {
                seen_word = true;
            } else if (seen_word) {
                break;
            }
        }
        usize length = head_ - start;
        head_ = start;
        if (lflag(abi::ECHO)) {
            if (lflag(abi::ECHOPRT)) {
                if (!erasing_) {
                    echo.put('\\');
                    erasing_ = true;
                }
                for (usize i = 0; i < length; i++) echo.character(at(head_ + i));
            } else if (!kill && !word && !lflag(abi::ECHOE)) {
                echo.character(c);
            } else {
                erase_one(echo);
            }
        }
        if (!kill && !word) break;
    }
    if (head_ == line_end_ && lflag(abi::ECHO)) finish_erasing(echo);
}

// Takes the character that stood at head_ off the screen.
void LineDiscipline::erase_one(Echo& echo) {
    u8 c = at(head_);
    usize width = 1;
    if (c == '\t') {
        width = tab_width_before(head_);
    } else if (is_control(c)) {
        width = lflag(abi::ECHOCTL) ? 2 : 0;
    }
    for (usize i = 0; i < width; i++) {
        echo.raw(kBackspace);
        if (c != '\t') {
            echo.raw(' ');
            echo.raw(kBackspace);
        }
        if (column_ > 0) column_--;
    }
}

// How many columns the tab at `position` takes on the screen.
usize LineDiscipline::tab_width_before(usize position) const {
    usize column = line_column_;
    for (usize p = line_end_; p != position; p++) {
        u8 c = at(p);
        if (c == '\t') {
            column = (column | 7) + 1;
        } else if (is_control(c)) {
            column += lflag(abi::ECHOCTL) ? 2 : 0;
        } else if (!is_continuation(c)) {
            column++;
        }
    }
    return ((column | 7) + 1) - column;
}

void LineDiscipline::reprint(Echo& echo) {
    for (usize p = line_end_; p != head_; p++) echo.character(at(p));
}

void LineDiscipline::finish_erasing(Echo& echo) {
    if (!erasing_) return;
    echo.put('/');
    erasing_ = false;
}

usize LineDiscipline::available() const {
    if (!canonical()) return count();
    usize n = 0;
    for (usize p = tail_; p != line_end_; p++)
        if (!end_of_file_.test(p % kBufferSize)) n++;
    return n;
}

LineDiscipline::ReadResult LineDiscipline::read(std::span<u8> to) {
    ReadResult result;
    if (!canonical()) {
        while (result.count < to.size() && tail_ != head_) to[result.count++] = at(tail_++);
        line_end_ = head_;
        return result;
    }
    while (tail_ != line_end_) {
        usize slot = tail_ % kBufferSize;
        if (ends_.test(slot) && end_of_file_.test(slot)) {
            tail_++;
            result.end = true;
            break;
        }
        if (result.count == to.size()) break;
        to[result.count++] = buffer_[slot];
        tail_++;
        if (ends_.test(slot)) {
            result.end = true;
            break;
        }
    }
    return result;
}

void LineDiscipline::process_one(u8 c, std::span<u8> out, usize& produced) {
    auto emit = [&](u8 b) { out[produced++] = b; };
    if (!oflag(abi::OPOST)) {
        emit(c);
        return;
    }
    switch (c) {
        case '\n':
            if (oflag(abi::ONLRET)) column_ = 0;
            if (oflag(abi::ONLCR)) {
                column_ = 0;
                line_column_ = 0;
                emit('\r');
            }
            emit('\n');
            return;
        case '\r':
            if (oflag(abi::ONOCR) && column_ == 0) return;
            if (oflag(abi::OCRNL)) {
                if (oflag(abi::ONLRET)) column_ = 0;
                emit('\n');
                return;
            }
            column_ = 0;
            emit(c);
            return;
        case '\t': {
            usize width = 8 - (column_ & 7);
            column_ += width;
            if ((settings_.c_oflag & abi::TABDLY) != abi::XTABS) {
                emit(c);
                return;
            }
            for (usize i = 0; i < width; i++) emit(' ');
            return;
        }
        case kBackspace:
            if (column_ > 0) column_--;
            emit(c);
            return;
        default:
            if (!is_control(c)) {
                if (oflag(abi::OLCUC) && c >= 'a' && c <= 'z') c = static_cast<u8>(c - 32);
                if (!is_continuation(c)) column_++;
            }
            emit(c);
    }
}

LineDiscipline::OutputResult LineDiscipline::process_output(std::span<const u8> in, std::span<u8> out) {
    OutputResult r;
    while (r.consumed < in.size() && out.size() - r.produced >= 8) process_one(in[r.consumed++], out, r.produced);
    return r;
}

}  // namespace drivers::tty
