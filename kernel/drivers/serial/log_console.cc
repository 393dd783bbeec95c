#include "drivers/serial/log_console.h"

#include <array>

#include "drivers/serial/uart.h"
#include "hw/console.h"

namespace drivers::serial {
namespace {

template <usize kIndex>
void write(hw::Console&, std::span<const char> text) {
    port(kIndex).send_now(text);
}
constinit hw::Console g_log{.name = "ttyS1", .kind = hw::ConsoleKind::kLog, .write = &write<1>};
constinit hw::Console g_human{.name = "ttyS0", .kind = hw::ConsoleKind::kHuman, .write = &write<0>};
constinit bool g_human_added = false;

}  // namespace

void init_log_console() {
    for (usize i = 0; i < kPorts; i++) port(i).init();
    if (port(1).present()) {
        hw::register_console(g_log);
    } else {
        add_console("ttyS0");
    }
}

bool add_console(std::string_view name) {
    if (name.substr(0, 5) != "ttyS0" || !port(0).present()) return false;
    if (!g_human_added) hw::register_console(g_human);
    g_human_added = true;
    return true;
}

}  // namespace drivers::serial
