// Painter: draws character cells on a framebuffer, only those that changed.
// Callers: drivers/console's thread (and the panic path, alone then).
// Locks, context: none of its own: one caller at a time. Never reads the framebuffer, which is slow.
#pragma once

#include <span>

#include "drivers/console/screen.h"
#include "drivers/display/display.h"

namespace drivers::console {

class Painter {
  public:
    // Takes the framebuffer over and clears it. ENOMEM.
    Result<void> create(display::Framebuffer framebuffer);
    u32 columns() const { return columns_; }
    u32 rows() const { return rows_; }
    // The first line of pixels of row `y`.
    u32 top_of(u32 y) const;
    // Draws what differs from what row `y` shows.
    void draw(u32 y, std::span<const Cell> cells);
    // `width` pixels in one colour of the 256 at (x, y), `height` high.
    void fill(u32 x, u32 y, u32 width, u32 height, u8 colour);
    u32 width() const { return framebuffer_.width; }
    u32 height() const { return framebuffer_.height; }

  private:
    void draw_cell(u32 x, u32 y, Cell cell);
    display::Framebuffer framebuffer_;
    Vector<Cell> shown_;
    std::array<u32, 256> palette_{};
    u32 columns_ = 0, rows_ = 0;
};

// The row of the font for a character; a box with a question mark for those it has not.
u16 glyph_of(u16 code);

}  // namespace drivers::console
