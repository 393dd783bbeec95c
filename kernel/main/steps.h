// The steps of start-up that need more than a call: what connects floors that may not know each other.
// Callers: start.cc, in the order of its tables.
// Locks, context: boot CPU; stated in start.cc.
#pragma once

#include "arch/boot_info.h"
#include "main/options.h"

namespace kernel_main {

struct Start {
    const arch::BootInfo& info;
    Settings settings{};
};

void read_options(Start& start);
void init_sockets(Start& start);
void init_drivers(Start& start);
// Files of /proc about what lies below the file systems.
void show_machine(Start& start);
void unpack_initrd(Start& start);
// Runs the in-kernel tests and powers off, if the command line asks for it.
void run_tests(Start& start);
void start_process_one(Start& start);

}  // namespace kernel_main
