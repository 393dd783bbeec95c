#include "drivers/drivers.h"

#include <array>

#include "drivers/console/console.h"
#include "drivers/hostio/hostio.h"
#include "drivers/mem/mem.h"
#include "drivers/proc.h"
#include "drivers/serial/log_console.h"
#include "drivers/serial/uart.h"
#include "drivers/sysrq/sysrq.h"
#include "drivers/tty/tty.h"
#include "log/log.h"

namespace drivers {
namespace {

struct Driver {
    std::string_view name;
    Result<void> (*init)(const arch::BootInfo& boot);
};
constexpr std::array kDrivers = {
    Driver{"memory devices", [](const arch::BootInfo&) { return mem::init(); }},
    Driver{"the host's standard streams", [](const arch::BootInfo&) { return hostio::init(); }},
    Driver{"terminals", [](const arch::BootInfo&) { return tty::init(); }},
    Driver{"sysrq", [](const arch::BootInfo&) { return sysrq::init(); }},
    Driver{"screen console", [](const arch::BootInfo& boot) { return console::init(boot); }},
};

constinit std::array<DriverState, kDrivers.size()> g_states{};

// Calls fn(value) for each console= on the command line, up to " -- ".
void each_console_option(std::string_view options, auto fn) {
    constexpr std::string_view kKey = "console=";
    options = options.substr(0, options.find(" -- "));
    while (!options.empty()) {
        usize end = options.find(' ');
        std::string_view word = options.substr(0, end);
        if (word.substr(0, kKey.size()) == kKey) {
            word.remove_prefix(kKey.size());
            fn(word.substr(0, word.find(',')));
        }
        if (end == std::string_view::npos) return;
        options.remove_prefix(end + 1);
    }
}

void choose_console(std::string_view name) {
    tty::Terminal* terminal = tty::find(name == "tty0" ? "tty1" : name);
    if (terminal == nullptr) {
        log::warn("console={}: there is no such terminal", name);
        return;
    }
    tty::set_console(*terminal);
    // The host reads the log from ttyS1; without that port people want to see it where the console is.
    if (!serial::port(1).present()) serial::add_console(name);
}

}  // namespace

void init(const arch::BootInfo& boot) {
    for (usize i = 0; i < kDrivers.size(); i++) {
        const Driver& driver = kDrivers[i];
        const Result<void> done = driver.init(boot);
        g_states[i] = {.name = driver.name, .started = done};
        if (!done.ok()) log::error("{}: {}; going on without", driver.name, done.error());
    }
    const Result<void> shown = add_proc_file(g_states);
    if (!shown.ok()) log::error("/proc/drivers: {}", shown.error());
    each_console_option(boot.options(), choose_console);
}

}  // namespace drivers
