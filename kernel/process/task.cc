#include "process/task.h"

#include "arch/context.h"
#include "base/heap.h"
#include "process/pid_table.h"
#include "process/process.h"
#include "process/seccomp.h"
#include "sched/scheduler.h"

namespace process {

Task::Task(Process& process) : process_(&process) { process.add_ref(); }

Task::~Task() {
    base::heap_free(fpu);
    base::heap_free(debug);
    drop_seccomp(*this);
    process_->drop_ref();
}

Result<Ref<Task>> Task::create(Process& process) {
    Ref<Task> task = TRY(make_ref<Task>(process));
    void* state = base::heap_allocate(arch::fpu_state_size(), arch::kFpuAlignment);
    if (state == nullptr) return Errno::kNOMEM;
    task->fpu = static_cast<arch::FpuState*>(state);
    task->on_dead = [](sched::Thread& thread) { static_cast<Task&>(thread).drop_ref(); };
    return task;
}

void Task::on_last_ref() {
    // Finders under RCU may still look at it.
    rcu::defer(*this, [](rcu::Head& head) { base::destroy(static_cast<Task*>(&head)); });
}

template <typename T>
OptRef<T> Task::counted(const OptRef<T>& member) const {
    sync::LockGuard guard(resources_lock_);
    return member;
}

OptRef<vm::AddressSpace> Task::address_space_of() const { return counted(space_); }
OptRef<object::DescriptorTable> Task::files_of() const { return counted(files_); }
OptRef<fs::FsContext> Task::fs_of() const { return counted(fs_); }
OptRef<object::Credentials> Task::credentials_of() const { return counted(credentials_); }
OptRef<UtsNamespace> Task::uts_of() const { return counted(uts_); }

// Afterwards `value` holds the old one, for the caller to drop.
template <typename T>
void Task::replace(OptRef<T> Task::* member, OptRef<T>& value) {
    sync::LockGuard guard(resources_lock_);
    std::swap(this->*member, value);
}

void Task::set_address_space(OptRef<vm::AddressSpace> space) {
    const bool running = this == &sched::current();
    if (space) space->add_user();
    replace(&Task::space_, space);
    {
        sync::PreemptGuard guard;
        sched::Thread::address_space = space_.get();
        vm_root = space_ ? space_->root() : PhysAddr();
        if (running && space_) vm::switch_to(space_.get());
    }
    if (space) space->drop_user();
    tell_space_of_rights();
}

void Task::tell_space_of_rights() {
    if (!space_ || !credentials_) return;
    space_->limits.administrator.store(credentials_->capable(abi::CAP_SYS_ADMIN), std::memory_order_relaxed);
    space_->limits.locks_freely.store(credentials_->capable(abi::CAP_IPC_LOCK), std::memory_order_relaxed);
    space_->limits.low_addresses.store(credentials_->capable(abi::CAP_SYS_RAWIO), std::memory_order_relaxed);
}

void Task::set_files(OptRef<object::DescriptorTable> files) { replace(&Task::files_, files); }
void Task::set_fs(OptRef<fs::FsContext> fs) { replace(&Task::fs_, fs); }
void Task::set_uts(OptRef<UtsNamespace> uts) { replace(&Task::uts_, uts); }
void Task::set_credentials(Ref<object::Credentials> credentials) {
    OptRef<object::Credentials> value(std::move(credentials));
    replace(&Task::credentials_, value);
    tell_space_of_rights();
}

Task& current() { return static_cast<Task&>(sched::current()); }

Task* task_of(sched::Thread& thread) { return thread.is_kernel() ? nullptr : &static_cast<Task&>(thread); }

OptRef<Task> find_task(i32 tid) {
    rcu::ReadGuard guard;
    pid::Slot* slot = pid::find(tid);
    if (slot == nullptr) return nullptr;
    Task* task = slot->task.load(std::memory_order_acquire);
    return task != nullptr && task->try_add_ref() ? OptRef<Task>::adopt(task) : nullptr;
}

OptRef<Task> find_task_or_remains(i32 tid) {
    OptRef<Task> task = find_task(tid);
    if (task) return task;
    const OptRef<Process> process = find_process(tid);
    if (!process) return nullptr;
    return process->signals().with([](SignalState& s) { return s.remains; });
}

void for_each_task(void (*fn)(Task&, void*), void* context) {
    const auto is_task = [](const pid::Slot& slot) { return slot.task.load(std::memory_order_relaxed) != nullptr; };
    for (i32 tid = pid::next(1, is_task); tid != 0; tid = pid::next(tid + 1, is_task)) {
        if (const OptRef<Task> task = find_task(tid)) fn(*task, context);
    }
}

}  // namespace process
