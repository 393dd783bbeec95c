// Screen: a terminal's picture in characters and colours, driven by what programs write (UTF-8 and escape sequences).
// Callers: drivers/console under its lock, host tests. Pure.
// Locks, context: none of its own. No allocation after create().
// Source: ECMA-48; console_codes(4); the behaviour that terminfo's "linux" entry describes.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "base/result.h"
#include "base/vector.h"

namespace drivers::console {

struct Cell {
    u16 code = ' ';     // of the basic multilingual plane; others show as U+FFFD
    u8 foreground = 7;  // index into the 256 colours
    u8 background = 0;
    constexpr bool operator==(const Cell&) const = default;
};

class Screen {
  public:
    // ENOMEM.
    Result<void> create(u32 columns, u32 rows);
    u32 columns() const { return columns_; }
    u32 rows() const { return rows_; }

    void write(std::span<const u8> bytes) {
        for (u8 b : bytes) put(b);
    }
    std::span<const Cell> row(u32 y) const { return cells_.span().subspan(usize{y} * columns_, columns_); }
    u32 cursor_column() const { return x_ < columns_ ? x_ : columns_ - 1; }
    u32 cursor_row() const { return y_; }
    bool cursor_visible() const { return cursor_visible_; }
    // DECCKM: cursor keys send ESC O x.
    bool application_cursor() const { return application_cursor_; }

    // Counts changes of a row's cells: a renderer draws what changed since it looked.
    u32 row_version(u32 y) const { return versions_[y]; }
    // Answers to requests (cursor position, device attributes) since the last call.
    usize take_answer(std::span<u8> to);
    bool take_bell() { return std::exchange(bell_, false); }

  private:
    static constexpr usize kMaxParameters = 16;
    enum class State : u8 { kText, kEscape, kSequence, kString, kStringEscape, kCharset };

    struct Pen {
        u8 foreground = 7, background = 0;
        bool bold = false, dim = false, reverse = false, underline = false, invisible = false;
    };

    void put(u8 byte);
    void character(u32 code);
    void control(u8 c);
    void escape(u8 c);
    void sequence(u8 c);
    void run_sequence(u8 final);
    void erase_in_display(u32 mode);
    void erase_in_line(u32 mode);
    void graphics();
    usize extended_colour(usize at, u8& colour);
    void mode(bool set);
    void answer(std::string_view text);
    void line_feed();
    void reverse_line_feed();
    void scroll_up(u32 top, u32 bottom, u32 n);
    void scroll_down(u32 top, u32 bottom, u32 n);
    void insert_characters(u32 n);
    void delete_characters(u32 n);
    void clear(u32 y, u32 from, u32 to);
    void move_to(u32 x, u32 y);
    void reset();
    u32 parameter(usize i, u32 otherwise) const {
        return i < parameter_count_ && parameters_[i] != 0 ? parameters_[i] : otherwise;
    }
    std::span<Cell> line(u32 y) { return cells_.span().subspan(usize{y} * columns_, columns_); }
    void touch(u32 y) { versions_[y]++; }
    Cell blank() const { return {' ', pen_.foreground, pen_.background}; }
    Cell drawn(u32 code) const;

    Vector<Cell> cells_;
    Vector<u32> versions_;
    u32 columns_ = 0, rows_ = 0;
    u32 x_ = 0, y_ = 0;         // x_ == columns_: the next character wraps first
    u32 top_ = 0, bottom_ = 0;  // scrolling region, rows [top_, bottom_)
    Pen pen_;
    struct Saved {
        u32 x = 0, y = 0;
        Pen pen;
        bool line_drawing = false;
    } saved_;
    State state_ = State::kText;
    std::array<u32, kMaxParameters> parameters_{};
    usize parameter_count_ = 0;
    bool private_ = false, other_prefix_ = false;
    u32 utf8_code_ = 0, utf8_left_ = 0, utf8_least_ = 0;
    u8 charset_slot_ = 0;
    bool line_drawing_ = false, wrap_ = true, insert_ = false, origin_ = false, cursor_visible_ = true;
    bool application_cursor_ = false, bell_ = false;
    std::array<u8, 64> answer_{};
    usize answer_used_ = 0;
};

}  // namespace drivers::console
