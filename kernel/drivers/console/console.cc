#include "drivers/console/console.h"

#include "drivers/console/painter.h"
#include "drivers/console/screen.h"
#include "drivers/console/status_line.h"
#include "drivers/console/timeline.h"
#include "drivers/keyboard/ps2.h"
#include "drivers/tty/tty.h"
#include "fs/devtmpfs/devtmpfs.h"
#include "hw/console.h"
#include "log/log.h"
#include "sched/scheduler.h"
#include "sched/wait_queue.h"
#include "time/clock.h"

namespace drivers::console {
namespace {

constexpr u32 kMaxColumns = 512;
constexpr Duration kFrame = Duration::milliseconds(16), kLogPoll = Duration::milliseconds(100);

using Picture = sync::Guarded<Screen, sync::SpinLock<sync::Rank::kDisplay, sync::kIrqOff>>;
constinit Picture g_picture;
constinit Painter g_painter;  // the thread's, or the panic's
constinit StatusLine g_status;
constinit Timeline g_timeline;
constinit Vector<u32> g_drawn_versions;
constinit std::atomic<bool> g_dirty{false};
constinit std::atomic<bool> g_panicking{false};
constinit sched::WaitQueue g_wake;
constinit tty::Terminal* g_terminal = nullptr;

// The log may be written in any context, where the picture's lock must not be taken and nobody be woken: its text
// waits here until the thread looks. One writer (the log's lock), one reader.
struct LogText {
    static constexpr usize kSize = 32768;
    std::array<char, kSize> ring{};
    std::atomic<usize> head{0}, tail{0};
};
constinit LogText g_log;

void write_log_byte(Screen& screen, char c) {
    const std::array<u8, 2> bytes = {'\r', static_cast<u8>(c)};
    screen.write(c == '\n' ? std::span(bytes) : std::span(bytes).subspan(1));
}

bool drain_log() {
    usize tail = g_log.tail.load(std::memory_order_relaxed), head = g_log.head.load(std::memory_order_acquire);
    if (tail == head) return false;
    while (tail != head) {
        auto screen = g_picture.lock();
        for (int i = 0; i < 64 && tail != head; i++) write_log_byte(*screen, g_log.ring[tail++ % LogText::kSize]);
    }
    g_log.tail.store(tail, std::memory_order_release);
    return true;
}

void draw_row(u32 y, std::span<Cell> cells, bool cursor, u32 cursor_column) {
    if (cursor && cursor_column < cells.size())
        std::swap(cells[cursor_column].foreground, cells[cursor_column].background);
    g_painter.draw(y, cells);
}

void draw_all() {
    std::array<Cell, kMaxColumns> cells;
    static constinit u32 last_cursor_row = 0;  // the thread's alone
    u32 rows = g_picture.unguarded().rows(), columns = g_picture.unguarded().columns();
    for (u32 y = 0; y < rows; y++) {
        bool cursor = false;
        u32 cursor_column = 0;
        {
            auto screen = g_picture.lock();
            bool cursor_row = screen->cursor_row() == y;
            if (screen->row_version(y) == g_drawn_versions[y] && !cursor_row && y != last_cursor_row) continue;
            g_drawn_versions[y] = screen->row_version(y);
            auto source = screen->row(y);
            for (u32 x = 0; x < columns; x++) cells[x] = source[x];
            cursor = cursor_row && screen->cursor_visible();
            cursor_column = screen->cursor_column();
        }
        draw_row(y, std::span(cells).first(columns), cursor, cursor_column);
        if (cursor) last_cursor_row = y;
    }
}

void draw_status() {
    std::array<Cell, kMaxColumns> cells;
    auto line = std::span(cells).first(g_painter.columns());
    g_status.compose(line);
    g_painter.draw(g_painter.rows() - 1, line);
}

void run(void*) {
    Instant next_status;
    for (;;) {
        g_dirty.store(false, std::memory_order_relaxed);
        drain_log();
        if (!g_panicking.load(std::memory_order_relaxed)) {
            draw_all();
            if (Timeline::enabled()) g_timeline.draw(g_painter);
        }
        if (time::now() >= next_status) {
            draw_status();
            next_status = time::now() + Duration::seconds(1);
        }
        // At most one picture a frame; then until somebody writes, looking at the log from time to time.
        (void)sched::sleep_for(kFrame, sched::SleepMode::kUninterruptible);
        (void)g_wake.wait_until([] { return g_dirty.load(std::memory_order_relaxed); }, time::now() + kLogPoll);
    }
}

void wake() {
    if (!g_dirty.exchange(true, std::memory_order_relaxed)) g_wake.wake_all();
}

class ScreenLine final : public tty::LineDriver {
  public:
    usize try_send(std::span<const u8> bytes) override {
        for (std::span<const u8> left = bytes; !left.empty();) {
            auto piece = left.first(left.size() < 128 ? left.size() : 128);
            auto screen = g_picture.lock();
            screen->write(piece);
            left = left.subspan(piece.size());
        }
        wake();
        return bytes.size();
    }
    Result<void> send(std::span<const u8> bytes, usize& sent) override {
        sent = try_send(bytes);
        std::array<u8, 64> answer;
        usize n = g_picture.lock()->take_answer(answer);
        if (n != 0 && g_terminal != nullptr) g_terminal->receive(std::span(answer).first(n));
        return {};
    }
};
constinit ScreenLine g_line;

// ---- The log's console ----

void write_log(hw::Console&, std::span<const char> text) {
    if (g_panicking.load(std::memory_order_relaxed)) {
        // Alone on the machine: no locks, drawn at once.
        Screen& screen = g_picture.unguarded();
        for (char c : text) write_log_byte(screen, c);
        std::array<Cell, kMaxColumns> cells;
        for (u32 y = 0; y < screen.rows(); y++) {
            auto source = screen.row(y);
            for (u32 x = 0; x < screen.columns(); x++) cells[x] = source[x];
            g_painter.draw(y, std::span(cells).first(screen.columns()));
        }
        return;
    }
    usize head = g_log.head.load(std::memory_order_relaxed);
    for (char c : text) {
        if (head - g_log.tail.load(std::memory_order_acquire) == LogText::kSize)
            break;  // the rest stays in the ring of the log
        g_log.ring[head++ % LogText::kSize] = c;
    }
    g_log.head.store(head, std::memory_order_release);
}
void enter_panic(hw::Console&) { g_panicking.store(true, std::memory_order_relaxed); }
constinit hw::Console g_console{
    .name = "tty1", .kind = hw::ConsoleKind::kHuman, .write = &write_log, .enter_panic = &enter_panic};

void receive_key(std::span<const u8> bytes) { g_terminal->receive(bytes); }
bool application_cursor() { return g_picture.lock()->application_cursor(); }

Result<Ref<object::File>> open_tty0(const fs::DeviceOpenContext& ctx) {
    return tty::open_terminal(*g_terminal, ctx.open);
}

}  // namespace

Result<void> init(const arch::BootInfo& boot) {
    auto framebuffer = display::open_framebuffer(boot);
    if (!framebuffer.ok())
        return framebuffer.error() == Errno::kNODEV ? Result<void>() : Result<void>(framebuffer.error());
    u32 width = framebuffer->width, height = framebuffer->height;
    TRY(g_painter.create(framebuffer.take()));
    const u32 taken = Timeline::rows() + 1;  // the last one is the status line
    if (g_painter.columns() > kMaxColumns || g_painter.rows() < taken + 2) return Errno::kNODEV;
    u32 rows = g_painter.rows() - taken;
    if (Timeline::enabled()) TRY(g_timeline.create(g_painter, g_painter.top_of(rows)));
    TRY(g_drawn_versions.try_resize(rows));
    TRY(g_picture.unguarded().create(g_painter.columns(), rows));

    abi::termios2 settings = tty::standard_settings();
    settings.c_iflag |= abi::IUTF8;
    Ref<tty::Terminal> terminal =
        TRY(make_ref<tty::Terminal>(g_line, object::DeviceNumber{tty::kTtyMajor, 1}, settings));
    terminal->set_window({static_cast<u16>(rows), static_cast<u16>(g_painter.columns()), 0, 0});
    g_terminal = terminal.leak();  // lives for ever
    TRY(tty::add("tty1", *g_terminal));
    TRY(fs::devtmpfs::add("tty0", 0620, tty::kTtyMajor, 0, &open_tty0));
    TRY(sched::spawn("console", &run, nullptr));
    hw::register_console(g_console);
    const Result<void> keys = keyboard::init({.receive = &receive_key, .application_cursor = &application_cursor});
    if (!keys.ok() && keys.error() != Errno::kNODEV) log::warn("keyboard: {}: keys are not seen", keys.error());
    log::info("console: tty1, {}x{} pixels, {}x{} characters", width, height, g_painter.columns(), rows);
    return {};
}

}  // namespace drivers::console
