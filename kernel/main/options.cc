#include "main/options.h"

#include <array>
#include <charconv>

#include "drivers/console/timeline.h"
#include "linux/glue/strace.h"
#include "log/log.h"

namespace kernel_main {
namespace {

// False: the value is not acceptable.
using Apply = bool (*)(Settings& settings, std::string_view value);

struct Option {
    std::string_view key;
    std::string_view argument;
    std::string_view help;
    Apply apply;
};

bool parse_number(std::string_view text, u32& to) {
    auto [end, error] = std::from_chars(text.begin(), text.end(), to);
    return error == std::errc() && end == text.end();
}

// Read by the boot code or by a floor of its own accord, before this table: nothing to do here.
bool elsewhere(Settings&, std::string_view) { return true; }

constexpr std::array kOptions = {
    Option{"console", "ttyS0|tty1", "where /dev/console is", elsewhere},
    Option{"exit", "debug", "end the emulator by its exit port when the system powers off",
           [](Settings& s, std::string_view v) { return s.platform.debug_exit = v == "debug"; }},
    Option{"init", "PATH", "program of process 1",
           [](Settings& s, std::string_view v) {
               s.init = v;
               return !v.empty();
           }},
    Option{"ktap", "[PART]", "run the in-kernel tests (whose name contains PART) and power off",
           [](Settings& s, std::string_view v) {
               s.ktap = true;
               if (v != "1") s.ktap_filter = v;
               return true;
           }},
    Option{"loglevel", "0..8", "consoles show messages below this level",
           [](Settings&, std::string_view v) {
               u32 level = 0;
               if (!parse_number(v, level) || level > 8) return false;
               log::set_console_level(static_cast<u8>(level));
               return true;
           }},
    Option{"maxcpus", "N", "start at most N CPUs",
           [](Settings& s, std::string_view v) {
               return parse_number(v, s.platform.max_cpus) && s.platform.max_cpus > 0;
           }},
    Option{"mem", "SIZE", "use only the first SIZE bytes of memory", elsewhere},
    Option{"nokaslr", "", "kernel at its link address", elsewhere},
    Option{"norandmaps", "", "programs at fixed addresses", elsewhere},
    Option{"nosmp", "", "one CPU",
           [](Settings& s, std::string_view) {
               s.platform.max_cpus = 1;
               return true;
           }},
    Option{"quiet", "", "consoles show only warnings and worse",
           [](Settings&, std::string_view) {
               log::set_console_level(5);
               return true;
           }},
    Option{"strace", "PROGRAM|all", "log the system calls of a program",
           [](Settings&, std::string_view v) {
               linux_abi::strace_configure(v);
               return !v.empty();
           }},
    Option{"timeline", "", "show context switches on the framebuffer",
           [](Settings&, std::string_view) {
               drivers::console::Timeline::enable();
               return true;
           }},
};

const Option* find(std::string_view key) {
    for (const Option& o : kOptions)
        if (same_key(o.key, key)) return &o;
    return nullptr;
}

}  // namespace

bool is_known(std::string_view key) { return find(key) != nullptr; }

Settings apply_options(const CommandLine& line) {
    Settings settings;
    for (const CommandLineWord& w : line.options()) {
        const Option* option = find(w.key);
        if (option != nullptr && !option->apply(settings, w.value)) {
            log::warn("command line: {} is not valid; {}={}: {}", w.whole, option->key, option->argument, option->help);
        }
    }
    return settings;
}

void warn_unknown(const CommandLine& line) {
    for (const CommandLineWord& w : line.options()) {
        if (find(w.key) != nullptr) continue;
        log::warn("command line: unknown option {}{}", w.whole,
                  w.has_value ? "; passed to process 1 in its environment" : "; docs/kernel-options.md lists them");
    }
    if (line.cut()) log::warn("command line: only the first {} words are used", CommandLine::kMaxWords);
}

}  // namespace kernel_main
