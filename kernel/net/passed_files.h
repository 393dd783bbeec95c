// PassedFiles: descriptors on their way in a message (SCM_RIGHTS).
// Callers: linux/ (fills and installs them), net/unix.
// Locks, context: thread context; dropping may close files and so sleep, but never nests (see discard()).
#pragma once

#include "base/list.h"
#include "base/own.h"
#include "base/vector.h"
#include "object/descriptor_table.h"
#include "object/file.h"

namespace net {

class UnixEndpoint;

// Linux: SCM_MAX_FD.
inline constexpr usize kMostPassedFiles = 253;

struct PassedFile {
    object::File* file;  // a counted descriptor
    object::Rights rights;
    UnixEndpoint* endpoint;  // when the file is a unix socket; filled when it is sent
};

// The set itself; owned by a PassedFiles.
struct PassedSet {
    Vector<PassedFile> files;
    ListNode node;          // in the graph: the endpoint that holds it, or the list of what is to be dropped
    bool in_graph = false;  // guarded by the graph's lock
};

class PassedFiles {
  public:
    PassedFiles() = default;
    PassedFiles(PassedFiles&& o) noexcept : set_(std::move(o.set_)) {}
    PassedFiles& operator=(PassedFiles&& o) noexcept {
        std::swap(set_, o.set_);
        return *this;
    }
    ~PassedFiles() {
        if (set_) discard(std::move(set_));
    }
    explicit operator bool() const { return static_cast<bool>(set_); }
    usize size() const { return set_ ? set_->files.size() : 0; }

    // One more. EINVAL above kMostPassedFiles, ENOMEM.
    Result<void> add(object::File& file, object::Rights rights);
    // The i-th, not in any queue any more.
    object::File& file(usize i) const { return *set_->files[i].file; }
    object::Rights rights(usize i) const { return set_->files[i].rights; }

    PassedSet* set() const { return set_.get(); }

  private:
    friend class UnixGraph;
    // Closes what is in it: now, or by whoever is at it already. A closed socket may hold sets of its own; so chains of
    // any length need no stack.
    static void discard(Own<PassedSet> set);
    Own<PassedSet> set_;
};

}  // namespace net
