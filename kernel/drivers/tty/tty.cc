#include "drivers/tty/tty.h"

#include <array>

#include "drivers/serial/uart.h"
#include "drivers/tty/pty.h"
#include "fs/devtmpfs/devtmpfs.h"
#include "fs/procfs/procfs.h"
#include "log/log.h"
#include "process/task.h"

namespace drivers::tty {
namespace {

struct Named {
    FixedString<15> name;
    Terminal* terminal = nullptr;
};
// Filled at start-up alone.
constinit std::array<Named, 16> g_terminals{};
constinit usize g_count = 0;
constinit std::atomic<Terminal*> g_console{nullptr};

class SerialLine final : public LineDriver {
  public:
    constexpr explicit SerialLine(serial::Uart& uart) : uart_(uart) {}
    usize try_send(std::span<const u8> bytes) override { return uart_.try_send(bytes); }
    Result<void> send(std::span<const u8> bytes, usize& sent) override { return uart_.send(bytes, sent); }
    void resume() override { uart_.resume_receive(); }

  private:
    serial::Uart& uart_;
};

Result<Ref<object::File>> open_registered(const fs::DeviceOpenContext& ctx) {
    return open_terminal(*static_cast<Terminal*>(ctx.context), ctx.open);
}

Result<Ref<object::File>> open_console(const fs::DeviceOpenContext& ctx) {
    Terminal* terminal = g_console.load(std::memory_order_acquire);
    if (terminal == nullptr) return Errno::kIO;
    return open_terminal(*terminal, ctx.open, HangUps::kSurvive);
}

// /dev/tty: the caller's own terminal.
Result<Ref<object::File>> open_own(const fs::DeviceOpenContext& ctx) {
    process::Task* task = process::task_of(ctx.open.caller.thread);
    if (task == nullptr) return Errno::kNXIO;
    OptRef<process::Terminal> terminal = process::controlling_terminal(*task);
    if (!terminal) return Errno::kNXIO;
    // All terminals are of this class.
    return open_terminal(static_cast<Terminal&>(*terminal), ctx.open);
}

Result<void> init_serial() {
    serial::Uart& uart = serial::port(0);
    if (!uart.present()) return {};
    SerialLine* line = TRY(make_own<SerialLine>(uart)).release();  // lives for ever
    Ref<Terminal> terminal = TRY(
        make_ref<Terminal>(*line, object::DeviceNumber{kTtyMajor, kSerialFirstMinor}, standard_settings(abi::B115200)));
    Terminal& t = *terminal.leak();
    TRY(add("ttyS0", t));
    auto listening =
        uart.enable_receive([](void* self, u8 byte) { return static_cast<Terminal*>(self)->receive(byte); }, &t);
    if (!listening.ok()) log::warn("ttyS0: no interrupt ({}): input stays silent", listening.error());
    return {};
}

// What numbers mean which names: ps reads it (Linux: drivers/tty/tty_io.c and fs/proc/proc_tty.c).
struct DriverRow {
    std::string_view driver, path;
    u32 major, first, last;
    std::string_view type;
};
constexpr std::array kDriverRows{
    DriverRow{"/dev/tty", "/dev/tty", kAuxMajor, 0, 0, "system:/dev/tty"},
    DriverRow{"/dev/console", "/dev/console", kAuxMajor, kConsoleMinor, kConsoleMinor, "system:console"},
    DriverRow{"/dev/ptmx", "/dev/ptmx", kAuxMajor, kPtmxMinor, kPtmxMinor, "system"},
    DriverRow{"serial", "/dev/ttyS", kTtyMajor, kSerialFirstMinor, kSerialFirstMinor, "serial"},
    DriverRow{"pty_slave", "/dev/pts", kPtyMajor, 0, (1u << 20) - 1, "pty:slave"},
};

Result<void> show_drivers(const fs::Caller&, fs::procfs::SeqSink& s) {
    for (const DriverRow& r : kDriverRows) {
        base::format_to(s, "{:<20} {:<13} {:>3} ", r.driver, r.path, r.major);
        if (r.first == r.last) {
            base::format_to(s, "{:>7} {}\n", r.first, r.type);
        } else {
            base::format_to(s, "{}-{} {}\n", r.first, r.last, r.type);
        }
    }
    return {};
}

}  // namespace

Result<void> add(std::string_view name, Terminal& terminal) {
    if (g_count < g_terminals.size()) {
        g_terminals[g_count].name.assign(name);
        g_terminals[g_count++].terminal = &terminal;
    }
    Terminal* none = nullptr;
    g_console.compare_exchange_strong(none, &terminal, std::memory_order_acq_rel);
    return fs::devtmpfs::add(name, 0620, terminal.number().major, terminal.number().minor, &open_registered, &terminal);
}

void set_console(Terminal& terminal) { g_console.store(&terminal, std::memory_order_release); }

Terminal* find(std::string_view name) {
    for (const Named& n : std::span(g_terminals).first(g_count))
        if (n.name == name) return n.terminal;
    return nullptr;
}

Result<void> init() {
    TRY(init_serial());
    TRY(init_ptys());
    TRY(fs::procfs::add_file("tty/drivers", show_drivers));
    TRY(fs::devtmpfs::add("tty", 0666, kAuxMajor, 0, &open_own));
    return fs::devtmpfs::add("console", 0600, kAuxMajor, kConsoleMinor, &open_console);
}

}  // namespace drivers::tty
