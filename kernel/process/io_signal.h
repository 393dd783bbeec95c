// SIGIO: who owns a file (F_SETOWN), sending what object/io_signal.h collects, and O_ASYNC.
// Callers: linux (fcntl, ioctl), start-up.
// Locks, context: thread context, no spin locks held. Source: Linux 6.1 fs/fcntl.c, send_sigio().
#pragma once

#include "object/file.h"
#include "process/task.h"

namespace process {

// Start-up, before process 1.
void init_io_signals();
// What the work bit kWorkIoSignals asks for.
void send_posted_io_signals();

// F_SETOWN: `id` is a thread, process or (negative) process group by `type` (abi::F_OWNER_*); 0: nobody. ESRCH.
Result<void> set_file_owner(object::File& file, i32 id, i32 type, const object::Credentials& by);
// The same for leases and F_NOTIFY: the running process, if nobody is it yet.
void own_file_if_free(object::File& file, const Task& by);

// O_ASYNC on or off for a file that can_signal(). ENOMEM.
Result<void> set_async(object::File& file, int fd, bool on);

}  // namespace process
