// Options of the kernel command line: one table, from which they are applied, explained and checked.
// Callers: main/ during start-up.
// Locks, context: boot CPU, once.
#pragma once

#include <string_view>

#include "main/command_line.h"
#include "platform/pc/pc.h"

namespace kernel_main {

// What main/ itself acts on; everything else is applied to its floor by the table in options.cc.
struct Settings {
    std::string_view init;         // program of process 1; empty: /init, /sbin/init, /bin/sh in turn
    std::string_view ktap_filter;  // run in-kernel tests whose name contains this
    bool ktap = false;
    platform::pc::Options platform;
};

// Applies every known option to its floor and returns main's own.
Settings apply_options(const CommandLine& line);
// Names options that nobody knows, once the log works. They go to process 1's environment if they have a value.
void warn_unknown(const CommandLine& line);
bool is_known(std::string_view key);

}  // namespace kernel_main
