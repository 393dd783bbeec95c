// /proc/sys/kernel, as far as it is about processes: names of the system, numbers of processes.
#include "fs/procfs/setting.h"
#include "process/pid_table.h"
#include "process/procfs/subject.h"
#include "process/system_name.h"

namespace process::procfs {
namespace {

// The names of the reader's UTS namespace.
template <SystemName UtsNamespace::Names::* kName>
Result<void> show_system_name(const Caller& caller, SeqSink& sink) {
    const Task* task = task_of(caller.thread);
    if (task == nullptr) return Errno::kINVAL;
    base::format_to(sink, "{}\n", (task->uts().names().*kName).view());
    return {};
}
// Up to the line's end and what a name holds, as Linux's proc_dostring.
template <void (UtsNamespace::*kSet)(std::string_view)>
Result<void> write_system_name(const Caller& caller, std::string_view text) {
    const Task* task = task_of(caller.thread);
    if (task == nullptr) return Errno::kINVAL;
    (task->uts().*kSet)(text.substr(0, std::min(text.find_first_of("\n"), std::min(text.size(), usize{64}))));
    return {};
}

Result<void> show_most_pids(const Caller&, SeqSink& sink) {
    base::format_to(sink, "{}\n", pid::most());
    return {};
}
Result<void> write_most_pids(const Caller&, std::string_view text) {
    const std::optional<u64> n = fs::procfs::parse_setting(text);
    if (!n || *n < pid::kLeastMost || *n > static_cast<u64>(pid::kLimit)) return Errno::kINVAL;
    pid::set_most(static_cast<i32>(*n));
    return {};
}

Result<void> show_last_pid(const Caller&, SeqSink& sink) {
    base::format_to(sink, "{}\n", pid::last_reserved());
    return {};
}
Result<void> write_last_pid(const Caller& caller, std::string_view text) {
    if (!caller.credentials.capable(abi::CAP_CHECKPOINT_RESTORE) && !caller.credentials.capable(abi::CAP_SYS_ADMIN))
        return Errno::kPERM;
    const std::optional<u64> n = fs::procfs::parse_setting(text);
    if (!n || *n >= static_cast<u64>(pid::most())) return Errno::kINVAL;
    pid::set_last(static_cast<i32>(*n));
    return {};
}

}  // namespace

Result<void> add_settings() {
    using Names = UtsNamespace::Names;
    TRY(fs::procfs::add_file("sys/kernel/hostname", show_system_name<&Names::host>, 0644,
                             write_system_name<&UtsNamespace::set_host>));
    TRY(fs::procfs::add_file("sys/kernel/domainname", show_system_name<&Names::domain>, 0644,
                             write_system_name<&UtsNamespace::set_domain>));
    TRY(fs::procfs::add_file("sys/kernel/pid_max", show_most_pids, 0644, write_most_pids));
    return fs::procfs::add_file("sys/kernel/ns_last_pid", show_last_pid, 0666, write_last_pid);
}

}  // namespace process::procfs
