// Pseudo-terminals: /dev/ptmx makes a pair; the slave is a Terminal at /dev/pts/N whose line is the master's file.
// Callers: drivers/tty.
// Locks, context: thread context; Rank::kTtyBuffer for what the slave wrote, Rank::kDriver for the table of pairs.
// Source: pty(7), pts(4), ioctl_tty(2); Linux 6.1 drivers/tty/pty.c.
#pragma once

#include "base/result.h"

namespace drivers::tty {

// /dev/ptmx and the file system type devpts.
Result<void> init_ptys();

}  // namespace drivers::tty
