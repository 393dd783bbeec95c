// Who may read the kernel's log: syslog(2), /dev/kmsg. /proc/sys/kernel/dmesg_restrict opens it to all.
// Callers: linux/syslog, drivers/mem; start-up.
// Locks, context: any.
#pragma once

#include "base/result.h"
#include "object/credentials.h"

namespace fs {

bool may_read_log(const object::Credentials& credentials);
// Start-up. ENOMEM.
Result<void> add_log_rights();

}  // namespace fs
