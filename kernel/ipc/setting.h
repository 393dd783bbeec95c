// The settings of this floor in /proc/sys: see fs/procfs/setting.h.
// Callers: ipc.
// Locks, context: as there.
#pragma once

#include "fs/procfs/setting.h"

namespace ipc {

using fs::procfs::add_setting;
using fs::procfs::parse_setting;
using fs::procfs::Setting;

}  // namespace ipc
