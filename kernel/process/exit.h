// The end of threads and processes, and what is told to whom.
// Callers: process, linux.
// Locks, context: the running task's thread context, no locks held.
#pragma once

#include "ipc/futex.h"
#include "process/process.h"

namespace process {

// exit(2): the thread alone ends; `status` as wait(2) will report it if it was the last or the leader.
[[noreturn]] void exit_thread(Task& self, i32 status);
// exit_group(2), and death by signal: all threads end. If that has begun already its status stands.
[[noreturn]] void exit_group(Task& self, i32 status);

// A zombie's end was waited for, or nobody will: frees its number, its place in the tree and the tree's reference.
// Tree lock held.
void reap(Process& process);
// Drops SignalState::remains. Tree lock held.
void forget_remains(Process& process);

// SIGCHLD and the wake-up for wait(2). True: nobody wants the status, so it is to be reaped at once. Tree lock held.
bool tell_parent_of_end(Process& child);

// Before a thread leaves its address space (exit, exec): robust futexes, the word that pthread_join waits for.
void release_user_memory(Task& self, ipc::Leaving leaving);
// vfork's parent goes on: the child has left its memory (exec, exit).
void release_vfork_parent(Task& self);

// What `init` should say when process 1 dies; set by main. Default: panics with the status.
void set_init_exit_handler(void (*handler)(i32 wait_status));

}  // namespace process
