// ChangeCount: how often something has changed, for those who poll a text that tells of it (/proc/PID/mounts).
// Callers: fs (mount namespaces, procfs).
// Locks, context: changed() from any context.
#pragma once

#include <atomic>

#include "base/ref.h"
#include "object/poll.h"

namespace object {

class ChangeCount : public RefCounted<ChangeCount> {
  public:
    u64 count() const { return count_.load(std::memory_order_acquire); }
    void changed() {
        count_.fetch_add(1, std::memory_order_release);
        source.notify(abi::POLLERR | abi::POLLPRI);
    }
    PollSource source;

  private:
    std::atomic<u64> count_{1};
};

}  // namespace object
