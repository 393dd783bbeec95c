#include "log/log.h"

#include "hw/console.h"
#include "log/ring.h"
#include "log/write.h"
#include "sync/guarded.h"
#include "time/clock.h"

namespace log {
namespace {

constexpr usize kRingBytes = 128 * 1024;
using SharedRing = sync::Guarded<Ring<kRingBytes>, sync::SpinLock<sync::Rank::kLog, sync::kIrqOff>>;
constinit SharedRing ring;

// Who has set `writing` sends records to the consoles; others leave theirs to it.
constinit std::atomic<bool> writing{false};
constinit std::atomic<u64> written{0};  // sequence of the next record to send
constinit std::atomic<u8> human_level{7};

using Line = FixedString<kMaxText + 48>;

void write_all(hw::Console& console, std::string_view text) { console.write(console, std::span(text)); }

// "<6>[    1.234567] text", each line of the text with the prefix.
void send_line(u32 level, i64 time_ns, std::string_view text) {
    Line line;
    base::format_to(line, "<{}>[{:>5}.{:06}] ", level, time_ns / 1'000'000'000, time_ns / 1'000 % 1'000'000);
    line.append(text);
    line.push('\n');
    // Debug records go to the log's console only when they are asked for: a polled line is slow.
    const u32 limit = human_level.load(std::memory_order_relaxed);
    const bool human = level < limit;
    const bool kept = human || level < static_cast<u32>(Level::kDebug);
    for (hw::Console* c = hw::first_console(); c != nullptr; c = c->next) {
        if (c->kind == hw::ConsoleKind::kLog) {
            if (kept) write_all(*c, line.view());
        } else if (human) {
            write_all(*c, line.view().substr(line.view().find('[')));
        }
    }
}

void send_record(const Record& record, std::string_view text) {
    do {
        const usize end = text.find('\n');
        send_line(static_cast<u32>(record.level), record.time_ns, text.substr(0, end));
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    } while (!text.empty());
}

void send_pending() {
    std::array<char, kMaxText> text;
    for (;;) {
        Result<Record> record = read(written.load(std::memory_order_relaxed), text);
        if (!record.ok()) return;
        written.store(record->sequence + 1, std::memory_order_relaxed);
        send_record(*record, std::string_view(text.data(), record->text_size));
    }
}

void flush() {
    while (written.load(std::memory_order_relaxed) < next_sequence()) {
        if (writing.exchange(true, std::memory_order_acquire)) return;
        send_pending();
        // Records that came since are seen by the loop's next look.
        writing.store(false, std::memory_order_seq_cst);
    }
}

}  // namespace

void emit(Level level, std::string_view text) {
    const i64 now = time::now().ns;
    {
        auto r = ring.lock();
        r->push(static_cast<u32>(level), now, text);
    }
    if (panicking()) {
        send_pending();
    } else {
        flush();
    }
}

Result<Record> read(u64 from, std::span<char> text) {
    SharedRing::Guard r = ring.lock();
    Ring<kRingBytes>::Header header;
    usize copied = 0;
    if (!r->read(from, header, text, copied)) return Errno::kNODATA;
    return Record{header.sequence, header.time_ns, static_cast<Level>(header.level), copied};
}

u64 first_sequence() { return ring.lock()->first_sequence(); }
u64 next_sequence() { return ring.lock()->next_sequence(); }

u8 console_level() { return human_level.load(std::memory_order_relaxed); }
void set_console_level(u8 level) { human_level.store(level, std::memory_order_relaxed); }

void control(std::string_view line) {
    FixedString<128> text(line);
    text.push('\n');
    for (hw::Console* c = hw::first_console(); c != nullptr; c = c->next)
        if (c->kind == hw::ConsoleKind::kLog) write_all(*c, text.view());
}

namespace detail {
void enter_panic() {
    ring.lock_object().break_lock();
    for (hw::Console* c = hw::first_console(); c != nullptr; c = c->next)
        if (c->enter_panic != nullptr) c->enter_panic(*c);
    send_pending();
}
}  // namespace detail

}  // namespace log
