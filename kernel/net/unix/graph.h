// UnixGraph: which unix sockets' descriptors lie in which unix sockets' queues, and which of them nobody can reach.
// Callers: net/unix.
// Locks, context: thread context; one sleeping lock of rank kGeneric, inside the queues' locks.
#pragma once

#include "net/passed_files.h"
#include "net/unix/endpoint.h"

namespace net {

class UnixGraph {
  public:
    // `files` went into the queue of `holder`; came out of it.
    static void attach(UnixEndpoint& holder, PassedFiles& files);
    static void detach(PassedFiles& files);
    // The same files once more, for MSG_PEEK. ENOMEM.
    static Result<PassedFiles> copy(const PassedFiles& files);
    // Closes what lies in queues of sockets that only such queues hold (Linux: unix_gc). No locks held.
    static void collect();
    // Whether any unix socket's descriptor is in a queue.
    static bool any_in_flight();
};

}  // namespace net
