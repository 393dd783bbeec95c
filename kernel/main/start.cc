// Start-up as a table of contents. Early steps run with interrupts off on the boot CPU; late ones in the first thread
// (which the boot context becomes in step "scheduler"), where everything may sleep.

#include <array>
#include <string_view>

#include "arch/boot_info.h"
#include "arch/cpu.h"
#include "drivers/serial/log_console.h"
#include "fs/filesystem.h"
#include "ipc/inotify.h"
#include "ipc/mqueue.h"
#include "ipc/msg.h"
#include "ipc/pipe.h"
#include "ipc/sem.h"
#include "ipc/shm.h"
#include "linux/directory_notice.h"
#include "linux/syslog.h"
#include "log/log.h"
#include "main/steps.h"
#include "memory/init.h"
#include "memory/stats.h"
#include "platform/pc/pc.h"
#include "process/core_dump.h"
#include "process/io_signal.h"
#include "process/oom.h"
#include "process/timers.h"
#include "process/vdso.h"
#include "sched/scheduler.h"
#include "time/clock.h"
#include "vm/address_space.h"

namespace kernel_main {
namespace {

struct Step {
    std::string_view name;
    void (*run)(Start& start);
};

// Each line may use what stands above it.
constexpr std::array kEarlySteps = {
    Step{"log console", [](Start&) { drivers::serial::init_log_console(); }},
    Step{"options", read_options},
    Step{"platform", [](Start& s) { platform::pc::init_early(s.settings.platform); }},
    Step{"memory", [](Start& s) { memory::init(s.info); }},
    Step{"interrupts, clocks", [](Start& s) { platform::pc::init(s.info, s.settings.platform); }},
    Step{"time", [](Start&) { time::init(); }},
    Step{"scheduler", [](Start&) { must(sched::init_boot_cpu(), "the boot CPU's run queue and threads"); }},
};

constexpr std::array kLateSteps = {
    Step{"scheduler services", [](Start&) { sched::start_services(); }},
    Step{"other CPUs", [](Start&) { platform::pc::start_cpus(); }},  // they come up while we go on
    Step{"buses", [](Start& s) { platform::pc::find_devices(s.info); }},
    Step{"address spaces", [](Start&) { must(vm::init(), "the page of zeroes"); }},
    Step{"root file system", [](Start&) { must(fs::init(memory::stats().total), "root file system"); }},
    Step{"pipes",
         [](Start&) {
             ipc::register_fifos();
             must(ipc::register_pipe_limits(), "pipes");
         }},
    Step{"shared memory", [](Start&) { must(ipc::shm::init(), "shared memory"); }},
    Step{"semaphores", [](Start&) { must(ipc::sem::init(), "semaphores"); }},
    Step{"message queues",
         [](Start&) {
             must(ipc::msg::init(), "message queues");
             must(ipc::mq::init(), "POSIX message queues");
         }},
    Step{"inotify", [](Start&) { must(ipc::register_inotify_limits(), "inotify"); }},
    Step{"sockets", init_sockets},
    Step{"drivers", init_drivers},
    Step{"the machine in /proc", show_machine},
    Step{"initial root archive", unpack_initrd},
    Step{"processes",
         [](Start&) {
             must(process::init_vdso(), "vDSO");
             process::init_timers();
             process::init_io_signals();
             must(linux_abi::init_directory_notices(), "F_NOTIFY");
             must(linux_abi::init_syslog(), "syslog");
             must(process::oom::init(), "the OOM killer's thread");
             must(process::init_core_dumps(), "core dumps");
         }},
    Step{"all CPUs", [](Start&) { platform::pc::await_cpus(); }},
    Step{"in-kernel tests", run_tests},
    Step{"process 1", start_process_one},
};

void run(std::span<const Step> steps, Start& start) {
    for (const Step& step : steps) {
        log::debug("start: {}", step.name);
        step.run(start);
    }
}

}  // namespace
}  // namespace kernel_main

extern "C" [[noreturn]] void kernel_start(const arch::BootInfo& info) {
    using namespace kernel_main;
    Start start{.info = info};
    run(kEarlySteps, start);
    arch::irq_enable();
    run(kLateSteps, start);
    sched::exit_thread();
}
