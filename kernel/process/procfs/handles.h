// What open files of /proc stand for when calls take them: processes, namespaces.
// Callers: linux (pidfd_send_signal, setns, mount_setattr).
// Locks, context: thread context.
#pragma once

#include "object/file.h"
#include "process/process.h"
#include "process/system_name.h"

namespace process::procfs {

// The process whose folder /proc/PID `file` is; null for any other file.
OptRef<Process> process_of_folder(object::File& file);

// One namespace: which kind, and the object if the kind can have several.
struct NamespaceHandle {
    u64 type = 0;  // abi::CLONE_NEW*
    OptRef<fs::MountNamespace> mount;
    OptRef<UtsNamespace> uts;
};
// Null: `file` is none of /proc/PID/ns.
const NamespaceHandle* namespace_of(object::File& file);
// Its type; 0: none.
u64 namespace_type(object::File& file);

}  // namespace process::procfs
