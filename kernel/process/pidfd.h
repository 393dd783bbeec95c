// Pidfds: a process as a file, readable once it has ended.
// Callers: process (CLONE_PIDFD), linux/pidfd, linux/wait.
// Locks, context: thread context.
#pragma once

#include "object/file.h"
#include "process/process.h"

namespace process {

class PidFile final : public object::File {
  public:
    static constexpr object::Facet kFacet{"pidfd"};
    explicit PidFile(Ref<Process> process, u32 flags);
    void* facet(const object::Facet& wanted) override { return &wanted == &kFacet ? this : nullptr; }
    bool can_read() const override { return false; }
    bool can_write() const override { return false; }
    Process& process() const { return *process_; }

    u32 poll(object::PollTable* table) override;
    bool can_poll() const override { return true; }
    void describe(base::FormatSink sink) override;
    void describe_info(base::FormatSink sink) override;

  private:
    Ref<Process> process_;
};

// O_NONBLOCK (PIDFD_NONBLOCK) in `flags` is kept. The descriptor has close-on-exec set.
Result<int> create_pidfd(Task& task, Process& process, u32 flags);
// CLONE_PIDFD: creates one in the parent's table and stores its number.
Result<void> install_pidfd(Task& parent, Process& child, UserAddr where);

}  // namespace process
