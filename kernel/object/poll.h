// Readiness: how a File tells what can be done without waiting, and wakes whoever watches it.
// Callers: files (as sources); poll, select and epoll (as tables).
// Locks, context: PollSource::notify from any context; File::poll in thread context.
#pragma once

#include "abi/linux/poll.h"
#include "sched/wait_queue.h"

namespace object {

// Bits of readiness, Linux's numbers.
inline constexpr u32 kPollIn = abi::POLLIN | abi::POLLRDNORM;
inline constexpr u32 kPollOut = abi::POLLOUT | abi::POLLWRNORM;
inline constexpr u32 kPollHangUp = abi::POLLHUP;
inline constexpr u32 kPollError = abi::POLLERR;

// A queue whose waiters hear which events happened. Embed one in every object that can become ready.
class PollSource {
  public:
    sched::WaitQueue queue;
    // Wakes those who wait for any of `events` (kPoll*). Any context.
    void notify(u32 events) { queue.wake_all(events); }
};

// What poll, select or epoll passes to File::poll to be told of later changes. watch() may be called several times
// by one file (a terminal has two queues); it only remembers failure (ENOMEM), which the owner checks afterwards.
class PollTable {
  public:
    virtual void watch(PollSource& source) = 0;

  protected:
    ~PollTable() = default;
};

}  // namespace object
