#include "drivers/console/screen.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/format.h"
#include "base/string.h"

namespace drivers::console {
namespace {

constexpr u32 kReplacement = 0xfffd;

// The DEC special graphics set, from 0x60 on (VT100 user guide, table 3-9).
constexpr std::array<u16, 31> kLineDrawing = {0x25c6, 0x2592, 0x2409, 0x240c, 0x240d, 0x240a, 0x00b0, 0x00b1,
                                              0x2424, 0x240b, 0x2518, 0x2510, 0x250c, 0x2514, 0x253c, 0x23ba,
                                              0x23bb, 0x2500, 0x23bc, 0x23bd, 0x251c, 0x2524, 0x2534, 0x252c,
                                              0x2502, 0x2264, 0x2265, 0x03c0, 0x2260, 0x00a3, 0x00b7};

// The nearest of the 256 colours: the cube of 6x6x6 from 16 on, the greys from 232 on.
u8 nearest(u32 r, u32 g, u32 b) {
    auto step = [](u32 v) { return v < 48 ? 0u : v < 115 ? 1u : (v - 35) / 40; };
    u32 highest = std::max({r, g, b}), lowest = std::min({r, g, b});
    if (highest - lowest < 10 && highest > 8 && highest < 238) return static_cast<u8>(232 + (highest - 8) / 10);
    return static_cast<u8>(16 + 36 * std::min(step(r), 5u) + 6 * std::min(step(g), 5u) + std::min(step(b), 5u));
}

}  // namespace

Result<void> Screen::create(u32 columns, u32 rows) {
    columns_ = columns;
    rows_ = rows;
    TRY(cells_.try_resize(usize{columns} * rows));
    TRY(versions_.try_resize(rows));
    reset();
    return {};
}

void Screen::reset() {
    pen_ = {};
    saved_ = {};
    top_ = 0;
    bottom_ = rows_;
    line_drawing_ = insert_ = origin_ = application_cursor_ = false;
    wrap_ = cursor_visible_ = true;
    move_to(0, 0);
    for (u32 y = 0; y < rows_; y++) clear(y, 0, columns_);
}

Cell Screen::drawn(u32 code) const {
    u8 front = pen_.foreground, back = pen_.background;
    if (pen_.bold && front < 8) front = static_cast<u8>(front + 8);
    if (pen_.dim) front = 8;
    if (pen_.underline && front == 7) front = 14;  // no line is drawn: a colour stands for it, as on VGA
    if (pen_.reverse) std::swap(front, back);
    if (pen_.invisible) front = back;
    return {static_cast<u16>(code > 0xffff ? kReplacement : code), front, back};
}

void Screen::put(u8 byte) {
    if (utf8_left_ > 0) {
        if ((byte & 0xc0) == 0x80) {
            utf8_code_ = utf8_code_ << 6 | (byte & 0x3f);
            if (--utf8_left_ == 0) character(utf8_code_ < utf8_least_ ? kReplacement : utf8_code_);
            return;
        }
        utf8_left_ = 0;
        character(kReplacement);
    }
    if (state_ == State::kString || state_ == State::kStringEscape) {
        // OSC, DCS and the like: skipped up to BEL or ST.
        if (byte == 7 || (state_ == State::kStringEscape && byte == '\\')) state_ = State::kText;
        else state_ = byte == 27 ? State::kStringEscape : State::kString;
        return;
    }
    if (byte < 0x20 || byte == 0x7f) {
        control(byte);
        return;
    }
    switch (state_) {
        case State::kText:
            if (byte < 0x80) {
                bool special = line_drawing_ && byte >= 0x60 && byte <= 0x7e;
                character(special ? kLineDrawing[byte - 0x60u] : byte);
            } else if (byte >= 0xc2 && byte < 0xe0) {
                utf8_code_ = byte & 0x1f, utf8_left_ = 1, utf8_least_ = 0x80;
            } else if (byte >= 0xe0 && byte < 0xf0) {
                utf8_code_ = byte & 0x0f, utf8_left_ = 2, utf8_least_ = 0x800;
            } else if (byte >= 0xf0 && byte < 0xf5) {
                utf8_code_ = byte & 0x07, utf8_left_ = 3, utf8_least_ = 0x10000;
            } else {
                character(kReplacement);
            }
            break;
        case State::kEscape: escape(byte); break;
        case State::kSequence: sequence(byte); break;
        case State::kCharset:
            if (charset_slot_ == '(') line_drawing_ = byte == '0';
            state_ = State::kText;
            break;
        default: break;
    }
}

void Screen::character(u32 code) {
    if (code >= 0x300 && code < 0x370) return;  // combining marks: one cell, one character
    if (x_ >= columns_) {
        if (wrap_) {
            x_ = 0;
            line_feed();
        } else {
            x_ = columns_ - 1;
        }
    }
    if (insert_) insert_characters(1);
    line(y_)[x_++] = drawn(code);
    touch(y_);
}

void Screen::control(u8 c) {
    switch (c) {
        case 7: bell_ = true; break;
        case 8:
            if (x_ >= columns_) x_ = columns_ - 1;
            if (x_ > 0) x_--;
            break;
        case 9: x_ = std::min((x_ | 7) + 1, columns_ - 1); break;
        case 10:
        case 11:
        case 12: line_feed(); break;
        case 13: x_ = 0; break;
        case 14: line_drawing_ = true; break;
        case 15: line_drawing_ = false; break;
        case 24:
        case 26: state_ = State::kText; break;
        case 27: state_ = State::kEscape; break;
        default: break;
    }
}

void Screen::escape(u8 c) {
    state_ = State::kText;
    switch (c) {
        case '[':
            state_ = State::kSequence;
            parameters_ = {};
            parameter_count_ = 0;
            private_ = other_prefix_ = false;
            break;
        case ']':
        case 'P':
        case '_':
        case '^': state_ = State::kString; break;
        case '(':
        case ')':
        case '%':
        case '#':
            charset_slot_ = c;
            state_ = State::kCharset;
            break;
        case '7': saved_ = {x_, y_, pen_, line_drawing_}; break;
        case '8':
            move_to(saved_.x, saved_.y);
            pen_ = saved_.pen;
            line_drawing_ = saved_.line_drawing;
            break;
        case 'D': line_feed(); break;
        case 'E':
            x_ = 0;
            line_feed();
            break;
        case 'M': reverse_line_feed(); break;
        case 'Z': answer("\x1b[?6c"); break;
        case 'c': reset(); break;
        default: break;
    }
}

void Screen::sequence(u8 c) {
    if (c >= '0' && c <= '9') {
        if (parameter_count_ == 0) parameter_count_ = 1;
        if (parameter_count_ <= kMaxParameters) {
            u32& p = parameters_[parameter_count_ - 1];
            p = std::min(p * 10 + (c - '0'), 65535u);
        }
    } else if (c == ';' || c == ':') {
        if (parameter_count_ == 0) parameter_count_ = 1;
        if (parameter_count_ < kMaxParameters) parameter_count_++;
    } else if (c == '?') {
        private_ = true;
    } else if (c == '>' || c == '=' || c == '<' || c == '!' || c == '$' || c == ' ' || c == '"' || c == '\'') {
        other_prefix_ = true;
    } else {
        state_ = State::kText;
        if (c >= 0x40 && c <= 0x7e && !other_prefix_) run_sequence(c);
    }
}

void Screen::run_sequence(u8 final) {
    u32 n = parameter(0, 1);
    u32 x = cursor_column();
    u32 first_row = origin_ ? top_ : 0;
    switch (final) {
        case '@': insert_characters(n); break;
        case 'A': move_to(x, y_ - std::min(n, y_ >= top_ ? y_ - top_ : y_)); break;
        case 'B':
        case 'e': move_to(x, std::min(y_ + n, (y_ < bottom_ ? bottom_ : rows_) - 1)); break;
        case 'C':
        case 'a': move_to(x + n, y_); break;
        case 'D': move_to(x - std::min(n, x), y_); break;
        case 'E': move_to(0, y_ + n); break;
        case 'F': move_to(0, y_ - std::min(n, y_)); break;
        case 'G':
        case '`': move_to(n - 1, y_); break;
        case 'H':
        case 'f': move_to(parameter(1, 1) - 1, first_row + n - 1); break;
        case 'J': erase_in_display(parameter(0, 0)); break;
        case 'K': erase_in_line(parameter(0, 0)); break;
        case 'L':
            if (y_ >= top_ && y_ < bottom_) scroll_down(y_, bottom_, n);
            x_ = 0;
            break;
        case 'M':
            if (y_ >= top_ && y_ < bottom_) scroll_up(y_, bottom_, n);
            x_ = 0;
            break;
        case 'P': delete_characters(n); break;
        case 'S': scroll_up(top_, bottom_, n); break;
        case 'T': scroll_down(top_, bottom_, n); break;
        case 'X': clear(y_, x, std::min(x + n, columns_)); break;
        case 'c': answer("\x1b[?6c"); break;
        case 'd': move_to(x, first_row + n - 1); break;
        case 'h': mode(true); break;
        case 'l': mode(false); break;
        case 'm': graphics(); break;
        case 'n': {
            FixedString<32> text;
            if (parameter(0, 0) == 5) answer("\x1b[0n");
            if (parameter(0, 0) == 6) {
                base::format_to(text, "\x1b[{};{}R", y_ + 1 - first_row, x + 1);
                answer(text.view());
            }
            break;
        }
        case 'r': {
            u32 bottom = std::min(parameter(1, rows_), rows_);
            if (n < bottom) {
                top_ = n - 1;
                bottom_ = bottom;
                move_to(0, origin_ ? top_ : 0);
            }
            break;
        }
        case 's': saved_ = {x_, y_, pen_, line_drawing_}; break;
        case 'u': move_to(saved_.x, saved_.y); break;
        default: break;
    }
}

void Screen::mode(bool set) {
    for (usize i = 0; i < parameter_count_; i++) {
        if (!private_) {
            if (parameters_[i] == 4) insert_ = set;
            continue;
        }
        switch (parameters_[i]) {
            case 1: application_cursor_ = set; break;
            case 6:
                origin_ = set;
                move_to(0, set ? top_ : 0);
                break;
            case 7: wrap_ = set; break;
            case 25: cursor_visible_ = set; break;
            default: break;
        }
    }
}

// 38;5;N and 38;2;R;G;B from parameter `at` on; the index of the last one used.
usize Screen::extended_colour(usize at, u8& colour) {
    if (at + 2 < parameter_count_ && parameters_[at + 1] == 5) {
        colour = static_cast<u8>(parameters_[at + 2]);
        return at + 2;
    }
    if (at + 4 < parameter_count_ && parameters_[at + 1] == 2) {
        colour = nearest(parameters_[at + 2] & 255, parameters_[at + 3] & 255, parameters_[at + 4] & 255);
        return at + 4;
    }
    return at;
}

void Screen::graphics() {
    if (private_) return;
    if (parameter_count_ == 0) parameter_count_ = 1;
    for (usize i = 0; i < parameter_count_; i++) {
        u32 p = parameters_[i];
        if (p >= 30 && p <= 37) pen_.foreground = static_cast<u8>(p - 30);
        else if (p >= 40 && p <= 47) pen_.background = static_cast<u8>(p - 40);
        else if (p >= 90 && p <= 97) pen_.foreground = static_cast<u8>(p - 90 + 8);
        else if (p >= 100 && p <= 107) pen_.background = static_cast<u8>(p - 100 + 8);
        else switch (p) {
                case 0: pen_ = {}; break;
                case 1: pen_.bold = true; break;
                case 2: pen_.dim = true; break;
                case 4: pen_.underline = true; break;
                case 7: pen_.reverse = true; break;
                case 8: pen_.invisible = true; break;
                case 21:
                case 22: pen_.bold = pen_.dim = false; break;
                case 24: pen_.underline = false; break;
                case 27: pen_.reverse = false; break;
                case 28: pen_.invisible = false; break;
                case 38: i = extended_colour(i, pen_.foreground); break;
                case 39: pen_.foreground = 7; break;
                case 48: i = extended_colour(i, pen_.background); break;
                case 49: pen_.background = 0; break;
                default: break;
            }
    }
}

void Screen::answer(std::string_view text) {
    answer_used_ += base::copy(std::span(answer_).subspan(answer_used_), base::bytes_of(text));
}

usize Screen::take_answer(std::span<u8> to) {
    usize n = base::copy(to, std::span(answer_).first(answer_used_));
    answer_used_ = 0;
    return n;
}

void Screen::move_to(u32 x, u32 y) {
    u32 last = origin_ ? bottom_ - 1 : rows_ - 1;
    x_ = std::min(x, columns_ - 1);
    y_ = std::min(y, last);
    if (origin_) y_ = std::max(y_, top_);
}

void Screen::line_feed() {
    if (y_ + 1 == bottom_) scroll_up(top_, bottom_, 1);
    else if (y_ + 1 < rows_) y_++;
}

void Screen::reverse_line_feed() {
    if (y_ == top_) scroll_down(top_, bottom_, 1);
    else if (y_ > 0) y_--;
}

void Screen::scroll_up(u32 top, u32 bottom, u32 n) {
    n = std::min(n, bottom - top);
    for (u32 y = top; y + n < bottom; y++) {
        std::ranges::copy(row(y + n), line(y).begin());
        touch(y);
    }
    for (u32 y = bottom - n; y < bottom; y++) clear(y, 0, columns_);
}

void Screen::scroll_down(u32 top, u32 bottom, u32 n) {
    n = std::min(n, bottom - top);
    for (u32 y = bottom; y-- > top + n;) {
        std::ranges::copy(row(y - n), line(y).begin());
        touch(y);
    }
    for (u32 y = top; y < top + n; y++) clear(y, 0, columns_);
}

void Screen::insert_characters(u32 n) {
    u32 x = cursor_column();
    n = std::min(n, columns_ - x);
    std::span<Cell> l = line(y_);
    for (u32 i = columns_; i-- > x + n;) l[i] = l[i - n];
    clear(y_, x, x + n);
}

void Screen::delete_characters(u32 n) {
    u32 x = cursor_column();
    n = std::min(n, columns_ - x);
    std::span<Cell> l = line(y_);
    for (u32 i = x; i + n < columns_; i++) l[i] = l[i + n];
    clear(y_, columns_ - n, columns_);
}

void Screen::clear(u32 y, u32 from, u32 to) {
    std::span<Cell> l = line(y);
    for (u32 x = from; x < to; x++) l[x] = blank();
    touch(y);
}

void Screen::erase_in_display(u32 how) {
    u32 x = cursor_column();
    if (how == 0) {
        clear(y_, x, columns_);
        for (u32 y = y_ + 1; y < rows_; y++) clear(y, 0, columns_);
    } else if (how == 1) {
        for (u32 y = 0; y < y_; y++) clear(y, 0, columns_);
        clear(y_, 0, x + 1);
    } else {
        for (u32 y = 0; y < rows_; y++) clear(y, 0, columns_);
    }
}

void Screen::erase_in_line(u32 how) {
    u32 x = cursor_column();
    if (how == 0) clear(y_, x, columns_);
    else if (how == 1) clear(y_, 0, x + 1);
    else clear(y_, 0, columns_);
}

}  // namespace drivers::console
