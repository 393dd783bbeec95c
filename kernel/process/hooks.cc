#include "process/hooks.h"

namespace process::hooks {

namespace {

class HookList {
  public:
    void add(Hook hook) {
        ASSERT(count_ < hooks_.size());
        hooks_[count_++] = hook;
    }
    void run(Process& process) const {
        for (usize i = 0; i < count_; i++) hooks_[i](process);
    }

  private:
    std::array<Hook, 8> hooks_{};
    usize count_ = 0;
};

constinit HookList exec_hooks, exit_hooks;

}  // namespace

void add_exec(Hook hook) { exec_hooks.add(hook); }
void add_exit(Hook hook) { exit_hooks.add(hook); }
void run_exec(Process& process) { exec_hooks.run(process); }
void run_exit(Process& process) { exit_hooks.run(process); }

}  // namespace process::hooks
