#include "drivers/console/painter.h"

#include <algorithm>

#include "generated/font.h"

namespace drivers::console {
namespace {

struct Rgb {
    u8 red, green, blue;
};
// The 16 colours of Linux's console, then the cube and the greys of xterm.
constexpr std::array<Rgb, 16> kBasic = {{{0, 0, 0},
                                         {170, 0, 0},
                                         {0, 170, 0},
                                         {170, 85, 0},
                                         {0, 0, 170},
                                         {170, 0, 170},
                                         {0, 170, 170},
                                         {170, 170, 170},
                                         {85, 85, 85},
                                         {255, 85, 85},
                                         {85, 255, 85},
                                         {255, 255, 85},
                                         {85, 85, 255},
                                         {255, 85, 255},
                                         {85, 255, 255},
                                         {255, 255, 255}}};
Rgb colour(u32 i) {
    if (i < 16) return kBasic[i];
    if (i >= 232) {
        u8 grey = static_cast<u8>(8 + 10 * (i - 232));
        return {grey, grey, grey};
    }
    auto level = [](u32 v) { return static_cast<u8>(v == 0 ? 0 : 55 + 40 * v); };
    return {level((i - 16) / 36), level((i - 16) / 6 % 6), level((i - 16) % 6)};
}

}  // namespace

u16 glyph_of(u16 code) {
    auto found = std::ranges::lower_bound(font::kCharacters, code, {}, &font::Character::code);
    if (found != font::kCharacters.end() && found->code == code) return found->glyph;
    return code == '?' ? u16{0} : glyph_of('?');
}

Result<void> Painter::create(display::Framebuffer framebuffer) {
    columns_ = framebuffer.width / font::kWidth;
    rows_ = framebuffer.height / font::kHeight;
    TRY(shown_.try_resize(usize{columns_} * rows_));
    framebuffer_ = std::move(framebuffer);
    for (u32 i = 0; i < palette_.size(); i++) {
        Rgb c = colour(i);
        palette_[i] = framebuffer_.pixel(c.red, c.green, c.blue);
    }
    fill(0, 0, framebuffer_.width, framebuffer_.height, 0);
    return {};
}

u32 Painter::top_of(u32 y) const { return y * font::kHeight; }

void Painter::fill(u32 x, u32 y, u32 width, u32 height, u8 c) {
    std::span<u32> pixels = framebuffer_.memory.words();
    for (u32 line = y; line < y + height && line < framebuffer_.height; line++) {
        auto row = pixels.subspan(usize{line} * framebuffer_.stride + x, std::min(width, framebuffer_.width - x));
        std::ranges::fill(row, palette_[c]);
    }
}

void Painter::draw(u32 y, std::span<const Cell> cells) {
    if (y >= rows_) return;
    std::span<Cell> shown = shown_.span().subspan(usize{y} * columns_, columns_);
    for (u32 x = 0; x < columns_ && x < cells.size(); x++) {
        if (shown[x] == cells[x]) continue;
        shown[x] = cells[x];
        draw_cell(x, y, cells[x]);
    }
}

void Painter::draw_cell(u32 x, u32 y, Cell cell) {
    auto glyph = std::span(font::kGlyphs).subspan(usize{glyph_of(cell.code)} * font::kHeight, font::kHeight);
    u32 front = palette_[cell.foreground], back = palette_[cell.background];
    std::span<u32> pixels = framebuffer_.memory.words();
    usize at = usize{y} * font::kHeight * framebuffer_.stride + usize{x} * font::kWidth;
    for (u8 bits : glyph) {
        std::span<u32> row = pixels.subspan(at, font::kWidth);
        for (usize i = 0; i < font::kWidth; i++) row[i] = (bits & (0x80u >> i)) != 0 ? front : back;
        at += framebuffer_.stride;
    }
}

}  // namespace drivers::console
