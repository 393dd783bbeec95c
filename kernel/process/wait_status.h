// Wait statuses and the siginfo of SIGCHLD and waitid(2), made from how a process ended or stopped. Pure.
// Callers: process, linux.
// Locks, context: none; values only.
#pragma once

#include "abi/linux/signal.h"
#include "abi/linux/wait.h"

namespace process {

constexpr i32 status_of_exit(i32 code) { return (code & 0xff) << 8; }
constexpr i32 status_of_signal(int signo, bool core) { return signo | (core ? abi::WCOREFLAG : 0); }

// si_code and si_status for a dead process's wait status.
struct ChildCode {
    i32 code;
    i32 status;
};
constexpr ChildCode child_code(i32 wait_status) {
    if (abi::WIFEXITED(wait_status)) return {abi::CLD_EXITED, abi::WEXITSTATUS(wait_status)};
    return {(wait_status & abi::WCOREFLAG) != 0 ? abi::CLD_DUMPED : abi::CLD_KILLED, abi::WTERMSIG(wait_status)};
}
// What `./linnet run` reports: 0..255, 128 + signal.
constexpr i32 shell_status(i32 wait_status) {
    return abi::WIFEXITED(wait_status) ? abi::WEXITSTATUS(wait_status) : 128 + abi::WTERMSIG(wait_status);
}

}  // namespace process
