// IoSignal: something about a file that is told by a signal to the file's owner (F_SETOWN): readiness with O_ASYNC, a
// lease that is being broken, a change in a directory (F_NOTIFY). Callers: process (sends, O_ASYNC), fs (leases), linux.
// Locks, context: post from any context, also under locks of rank kWaitQueue; cancel in thread context, may sleep.
// What a system call posts is sent before the caller is back in user mode.
#pragma once

#include <array>
#include <atomic>

#include "base/list.h"
#include "base/types.h"

namespace object {

class File;

// Reasons: POLL_IN … POLL_HUP of siginfo's si_code (1 to 6).
inline constexpr u32 kIoReasons = 6;

struct IoSignal {
    IoSignal(File& about, int descriptor) : file(about), fd(descriptor) {}
    File& file;  // outlives this
    int fd;      // for si_fd
    // How often each reason came and was not sent yet.
    std::array<std::atomic<u32>, kIoReasons> posted{};
    ListNode node;  // in the sender's list; its lock
};

// Set once, at start-up, by process/.
struct IoSignalSender {
    void (*post)(IoSignal& signal, u32 reason);
    void (*cancel)(IoSignal& signal);
};
inline constinit std::atomic<const IoSignalSender*> io_signal_sender{nullptr};

inline void post_io_signal(IoSignal& signal, u32 reason) {
    if (const IoSignalSender* s = io_signal_sender.load(std::memory_order_acquire)) s->post(signal, reason);
}
// Afterwards the signal may be destroyed.
inline void cancel_io_signal(IoSignal& signal) {
    if (const IoSignalSender* s = io_signal_sender.load(std::memory_order_acquire)) s->cancel(signal);
}

}  // namespace object
