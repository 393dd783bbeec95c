#include "drivers/sysrq/sysrq.h"

#include <array>

#include "fs/procfs/procfs.h"
#include "hw/power.h"
#include "log/log.h"

namespace drivers::sysrq {
namespace {

struct Command {
    char letter;
    std::string_view what;
    void (*run)();
};

void help();

constexpr std::array kCommands = {
    Command{'b', "restart at once", [] { hw::restart(); }},
    Command{'c', "crash: a panic with its report", [] { log::panic("sysrq: a crash was asked for"); }},
    Command{'h', "this list", help},
    Command{'l', "backtrace of this CPU", [] { log::backtrace(log::Level::kWarning); }},
    Command{'o', "power off", [] { hw::power_off(); }},
    Command{'s', "sync: nothing to do, files are in memory", [] {}},
};

void help() {
    for (const Command& c : kCommands) log::warn("sysrq: {}: {}", c.letter, c.what);
}

// Linux acts on the first letter; one that it does not know gives the list.
Result<void> trigger(const fs::Caller&, std::string_view text) {
    if (text.empty()) return {};
    for (const Command& c : kCommands) {
        if (c.letter != text.front()) continue;
        c.run();
        return {};
    }
    help();
    return {};
}

}  // namespace

Result<void> init() {
    const auto nothing = [](const fs::Caller&, fs::procfs::SeqSink&) -> Result<void> { return Errno::kIO; };
    return fs::procfs::add_file("sysrq-trigger", nothing, 0200, trigger);
}

}  // namespace drivers::sysrq
