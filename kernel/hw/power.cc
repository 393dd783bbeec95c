#include "hw/power.h"

#include <span>
#include <string_view>

#include "arch/cpu.h"
#include "hw/console.h"
#include "hw/ipi.h"

namespace hw {
namespace {
constinit PowerOperations g_operations{};

void say(std::string_view text) {
    for (Console* c = first_console(); c != nullptr; c = c->next) c->write(*c, std::span(text));
}
}  // namespace

void set_power_operations(const PowerOperations& operations) { g_operations = operations; }

void debug_exit(u8 code) {
    if (g_operations.debug_exit != nullptr) g_operations.debug_exit(code);
}

void power_off() {
    debug_exit(0);
    if (g_operations.power_off != nullptr) g_operations.power_off();
    say("<4>[    0.000000] power: this machine cannot switch itself off: halted, it is safe to end it\n");
    halt();
}

void restart() {
    if (g_operations.restart != nullptr) g_operations.restart();
    say("<4>[    0.000000] power: this machine cannot restart itself: halted\n");
    halt();
}

void halt() {
    arch::irq_disable();
    stop_other_cpus();
    arch::halt_forever();
}

}  // namespace hw
