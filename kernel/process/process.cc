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

void apply_limits(const Process& process, vm::AddressSpace& space) {
    const Limits& limits = process.limits();
    space.limits.address_space.store(limits.soft(abi::RLIMIT_AS), std::memory_order_relaxed);
    space.limits.data.store(limits.soft(abi::RLIMIT_DATA), std::memory_order_relaxed);
    space.limits.stack.store(limits.soft(abi::RLIMIT_STACK), std::memory_order_relaxed);
    space.limits.locked.store(limits.soft(abi::RLIMIT_MEMLOCK), std::memory_order_relaxed);
}

OptRef<Process> find_process(i32 pid) {
    rcu::ReadGuard guard;
    pid::Slot* slot = pid::find(pid);
    if (slot == nullptr) return nullptr;
    Process* process = slot->process.load(std::memory_order_acquire);
    return process != nullptr && process->try_add_ref() ? OptRef<Process>::adopt(process) : nullptr;
}

}  // namespace process
