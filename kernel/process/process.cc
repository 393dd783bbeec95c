#include "process/process.h"

#include "process/pid_table.h"
#include "process/tree.h"

namespace process {

Result<Ref<Process>> Process::create() { return make_ref<Process>(); }

Process::~Process() = default;

void Process::on_last_ref() {
    rcu::defer(*this, [](rcu::Head& head) { base::destroy(static_cast<Process*>(&head)); });
}

OptRef<Task> Process::any_task() {
    auto s = signals_.lock();
    for (Task& task : s->threads) {
        if (task.try_add_ref()) return OptRef<Task>::adopt(&task);
    }
    return nullptr;
}

OptRef<object::File> Process::executable() {
    sync::LockGuard guard(executable_lock_);
    return executable_;
}

void Process::set_executable(OptRef<object::File> file) {
    sync::LockGuard guard(executable_lock_);
    std::swap(executable_, file);
    guard.unlock();
}

OptRef<Process> find_process(i32 pid) {
    rcu::ReadGuard guard;
    pid::Slot* slot = pid::find(pid);
    if (slot == nullptr) return nullptr;
    Process* process = slot->process.load(std::memory_order_acquire);
    return process != nullptr && process->try_add_ref() ? OptRef<Process>::adopt(process) : nullptr;
}

}  // namespace process
