// What open files of /proc stand for when calls take them: processes, namespaces.
// Callers: linux (pidfd_send_signal, setns).
// Locks, context: thread context.
#pragma once

#include "object/file.h"
#include "process/process.h"

namespace process::procfs {

// The process whose folder /proc/PID `file` is; null for any other file.
OptRef<Process> process_of_folder(object::File& file);
// Whether `file` is one of /proc/PID/ns.
bool is_namespace(object::File& file);

}  // namespace process::procfs
