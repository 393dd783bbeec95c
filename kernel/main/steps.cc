#include "main/steps.h"

#include "hw/power.h"
#include "drivers/serial/log_console.h"
#include "log/ktap.h"
#include "log/log.h"

namespace kernel_main {

void read_options(Start& start) {
    // The views in the settings point into BootInfo, which lives for ever.
    const CommandLine line(start.info.options());
    start.settings = apply_options(line);
    log::info("Linnet 6.1.0-linnet, x86-64");
    log::info("command line: {}", start.info.options());
    warn_unknown(line);
}

void run_tests(Start& start) {
    if (!start.settings.ktap) return;
    const u32 failed = ktap::run_all(start.settings.ktap_filter);
    FixedString<16> line;
    base::format_to(line, "@exit {}", failed == 0 ? 0 : 1);
    log::control(line.view());
    hw::power_off();
}

}  // namespace kernel_main
