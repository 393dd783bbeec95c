// Writing a core file: the notes about all threads, and the memory that the filter lets through.
// Callers: process/core_dump.
// Locks, context: thread context of the dying task, whose other threads wait at the door of exit.
#pragma once

#include "process/process.h"

namespace process {

// `threads`: the dying one first; their registers are in memory. A file cut short by RLIMIT_CORE or a full disk is a
// core too. ENOMEM, and what the file says to the first bytes.
Result<void> write_core(Task& self, std::span<Task* const> threads, const SignalInfo& info, object::File& file);

// How /proc calls a file: its path, mostly. ENOMEM.
Result<String> file_name(object::File& file);

}  // namespace process
