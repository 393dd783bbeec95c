// sysfs: a minimal /sys: folders, and text files that the kernel writes when they are read (as procfs).
// Callers: every floor from fs up.
// Locks, context: registration at start-up; generators in the reader's thread.
#pragma once

#include "fs/procfs/procfs.h"

namespace fs::sysfs {

Result<void> init();
// Path relative to /sys. Folders are made.
Result<void> add_file(std::string_view path, procfs::Generator generator, u32 permissions = 0444,
                      procfs::Writer writer = nullptr);
Result<void> add_directory(std::string_view path);
Result<void> add_node(std::string_view path, Ref<procfs::Node> node);

// Called by init(): /sys/devices/system/cpu and node.
Result<void> add_cpus();

}  // namespace fs::sysfs
