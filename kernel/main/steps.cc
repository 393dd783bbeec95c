#include "main/steps.h"

#include <algorithm>
#include <array>

#include "drivers/drivers.h"
#include "fs/filesystem.h"
#include "hw/power.h"
#include "log/ktap.h"
#include "log/log.h"
#include "main/proc/proc.h"
#include "memory/page_allocator.h"
#include "memory/stats.h"
#include "net/socket.h"
#include "platform/pc/proc.h"
#include "process/exec.h"
#include "process/process.h"
#include "sched/scheduler.h"
#include "time/clock.h"

namespace kernel_main {

void read_options(Start& start) {
    // The views in the settings point into BootInfo, which lives for ever.
    const CommandLine line(start.info.options());
    start.settings = apply_options(line);
    log::info("Linnet 6.1.0-linnet, x86-64");
    log::info("command line: {}", start.info.options());
    warn_unknown(line);
}

void init_sockets(Start&) {
    net::set_process_number([](sched::Thread& thread) {
        const process::Task* task = process::task_of(thread);
        return task != nullptr ? task->process().pid() : 0;
    });
    must(net::init(), "sockets");
}

void init_drivers(Start& start) { drivers::init(start.info); }

void show_machine(Start& start) {
    const Result<void> mine = add_proc_files(start.info);
    const Result<void> platforms = platform::pc::add_proc_files();
    if (!mine.ok() || !platforms.ok()) log::error("/proc: no memory for some of its files");
}

void unpack_initrd(Start& start) {
    const arch::BootInfo& info = start.info;
    if (info.initrd_size == 0) {
        log::warn("no initial root archive: give one with -initrd");
        return;
    }
    const std::span<const u8> archive = memory::reserved_bytes(PhysAddr(info.initrd), info.initrd_size);
    const Instant begin = time::now();
    if (fs::unpack_initrd(sched::current(), archive).ok()) {
        log::info("root archive: {} KiB unpacked in {} us", info.initrd_size >> 10, (time::now() - begin).ns / 1000);
    }
    memory::free_reserved_range(PhysAddr(info.initrd), info.initrd_size);
    fs::limit_root(memory::total_pages());
}

void run_tests(Start& start) {
    if (!start.settings.ktap) return;
    const u32 failed = ktap::run_all(start.settings.ktap_filter);
    FixedString<16> line;
    base::format_to(line, "@exit {}", failed == 0 ? 0 : 1);
    log::control(line.view());
    hw::power_off();
}

void start_process_one(Start& start) {
    // The host may send from here on: every serial line has its driver.
    log::control("@ready");
    const CommandLine line(start.info.options());
    std::array<std::string_view, CommandLine::kMaxWords + 2> environment{"HOME=/", "TERM=linux"};
    usize count = 2;
    for (const CommandLineWord& word : line.options())
        if (word.has_value && !is_known(word.key)) environment[count++] = word.whole;
    const auto env = std::span(environment).first(count);

    // As Linux: what init= names or nothing; else the usual places.
    constexpr std::array<std::string_view, 5> kPlaces = {"/init", "/sbin/init", "/etc/init", "/bin/init", "/bin/sh"};
    std::span<const std::string_view> places = kPlaces;
    if (!start.settings.init.empty()) places = std::span(&start.settings.init, 1);
    for (std::string_view path : places) {
        std::array<std::string_view, CommandLine::kMaxWords + 1> arguments{path};
        std::ranges::copy(line.init_arguments(), std::span(arguments).subspan(1).begin());
        const auto argv = std::span(arguments).first(line.init_arguments().size() + 1);
        const Result<void> started = process::start_init(path, argv, env);
        if (started.ok()) return;
        log::write(places.size() == 1 ? log::Level::kError : log::Level::kDebug, "process 1: {}: {}", path,
                   started.error());
    }
    log::panic("no program for process 1: the root has none of the usual places; say init=PATH, and -initrd ARCHIVE");
}

}  // namespace kernel_main
