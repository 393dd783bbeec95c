// What signalfd(2) tells about a signal. Pure.
// Callers: process/signalfd.
// Locks, context: none; values only.
#pragma once

#include "abi/linux/signalfd.h"
#include "process/signal_info.h"

namespace process {

// As read(2) gives it.
abi::signalfd_siginfo to_signalfd(const SignalInfo& info);

}  // namespace process
