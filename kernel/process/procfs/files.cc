// The table of the files in /proc/PID, and the short ones.
#include "abi/linux/core.h"
#include "memory/stats.h"
#include "process/oom.h"
#include "process/oom_score.h"
#include "process/procfs/subject.h"

namespace process::procfs {

using base::format_to;

namespace {

// A decimal number, perhaps negative, with white space around. EINVAL.
Result<i64> parse_number(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ' || text.back() == '\0')) text.remove_suffix(1);
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    if (text.empty() || text.size() > 18) return Errno::kINVAL;
    i64 n = 0;
    for (char c : text) {
        if (c < '0' || c > '9') return Errno::kINVAL;
        n = n * 10 + (c - '0');
    }
    return negative ? -n : n;
}

// As strtoul with base 0. EINVAL.
Result<u32> parse_mask(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ' || text.back() == '\0')) text.remove_suffix(1);
    u64 base = 10;
    if (text.starts_with("0x") || text.starts_with("0X")) {
        base = 16;
        text.remove_prefix(2);
    } else if (text.size() > 1 && text.front() == '0') {
        base = 8;
        text.remove_prefix(1);
    }
    if (text.empty() || text.size() > 11) return Errno::kINVAL;
    u64 n = 0;
    for (char c : text) {
        const u64 digit = c >= 'a'   ? static_cast<u64>(c - 'a') + 10
                          : c >= 'A' ? static_cast<u64>(c - 'A') + 10
                                     : static_cast<u64>(c - '0');
        if (c < '0' || digit >= base) return Errno::kINVAL;
        n = n * base + digit;
    }
    if (n > ~u32{0}) return Errno::kRANGE;
    return static_cast<u32>(n);
}

Result<void> show_name(const Subject& subject, const Caller&, SeqSink& out) {
    const OptRef<Task> task = subject.task();
    format_to(out, "{}\n", task ? task->name.view() : subject.process->name.view());
    return {};
}

Result<void> write_name(const Subject& subject, const Caller& caller, std::string_view text) {
    const OptRef<Task> task = subject.task();
    const Task* writer = task_of(caller.thread);
    if (!task || writer == nullptr || &writer->process() != subject.process.get()) return Errno::kINVAL;
    if (text.ends_with('\n')) text.remove_suffix(1);
    task->name.assign(text.substr(0, 15));
    return {};
}

template <fs::procfs::MountTextKind kKind>
Result<void> show_mounts(const Subject& subject, const Caller&, SeqSink& out) {
    const OptRef<Task> task = subject.task();
    const OptRef<fs::FsContext> context = task ? task->fs_of() : nullptr;
    if (!context) return Errno::kINVAL;
    return fs::procfs::write_mounts(*context, kKind, out);
}

OptRef<object::ChangeCount> mount_changes(const Subject& subject) {
    const OptRef<Task> task = subject.task();
    const OptRef<fs::FsContext> context = task ? task->fs_of() : nullptr;
    return context ? OptRef<object::ChangeCount>(Ref<object::ChangeCount>(context->space().changes())) : nullptr;
}

Result<void> show_io(const Subject& subject, const Caller& caller, SeqSink& out) {
    TRY(may_inspect(subject, caller));
    const OptRef<Task> thread = subject.thread != 0 ? subject.task() : nullptr;
    const Usage usage = thread ? usage_of(*thread) : usage_of(*subject.process);
    format_to(out,
              "rchar: {}\nwchar: {}\nsyscr: {}\nsyscw: {}\nread_bytes: {}\nwrite_bytes: {}\n"
              "cancelled_write_bytes: 0\n",
              usage.bytes_read, usage.bytes_written, usage.reads, usage.writes, usage.input_blocks * 512,
              usage.output_blocks * 512);
    return {};
}

Result<void> show_oom_score(const Subject& subject, const Caller&, SeqSink& out) {
    format_to(out, "{}\n", oom::shown_score(oom::badness_of(*subject.process), memory::total_pages()));
    return {};
}

Result<void> show_oom_adjustment(const Subject& subject, const Caller&, SeqSink& out) {
    format_to(out, "{}\n", subject.process->oom_score_adjustment.load(std::memory_order_relaxed));
    return {};
}

Result<void> write_oom_adjustment(const Subject& subject, const Caller& caller, std::string_view text) {
    const i64 value = TRY(parse_number(text));
    if (value < oom::kLeastAdjustment || value > oom::kMostAdjustment) return Errno::kINVAL;
    const bool may_lower = caller.credentials.capable(abi::CAP_SYS_RESOURCE);
    std::atomic<i32>& least = subject.process->least_oom_score_adjustment;
    if (!may_lower && value < least.load(std::memory_order_relaxed)) return Errno::kACCES;
    if (may_lower) least.store(static_cast<i32>(value), std::memory_order_relaxed);
    subject.process->oom_score_adjustment.store(static_cast<i32>(value), std::memory_order_relaxed);
    return {};
}

Result<void> show_old_oom_adjustment(const Subject& subject, const Caller&, SeqSink& out) {
    format_to(out, "{}\n", oom::old_adjustment(subject.process->oom_score_adjustment.load(std::memory_order_relaxed)));
    return {};
}

Result<void> write_old_oom_adjustment(const Subject& subject, const Caller& caller, std::string_view text) {
    const std::optional<i32> value = oom::from_old_adjustment(TRY(parse_number(text)));
    if (!value) return Errno::kINVAL;
    std::atomic<i32>& adjustment = subject.process->oom_score_adjustment;
    if (*value < adjustment.load(std::memory_order_relaxed) && !caller.credentials.capable(abi::CAP_SYS_RESOURCE))
        return Errno::kACCES;
    adjustment.store(*value, std::memory_order_relaxed);
    return {};
}

Result<void> show_core_filter(const Subject& subject, const Caller&, SeqSink& out) {
    format_to(out, "{:08x}\n", subject.process->core_filter.load(std::memory_order_relaxed));
    return {};
}

// Decimal, or hexadecimal after 0x.
Result<void> write_core_filter(const Subject& subject, const Caller&, std::string_view text) {
    const u32 value = TRY(parse_mask(text)) & abi::kDumpFilterMask;
    subject.process->core_filter.store(value, std::memory_order_relaxed);
    return {};
}

Result<void> show_login_uid(const Subject& subject, const Caller&, SeqSink& out) {
    format_to(out, "{}", subject.process->login_uid.load(std::memory_order_relaxed));
    return {};
}

Result<void> write_login_uid(const Subject& subject, const Caller& caller, std::string_view text) {
    const i64 value = TRY(parse_number(text));
    const Task* writer = task_of(caller.thread);
    if (writer == nullptr || &writer->process() != subject.process.get()) return Errno::kPERM;
    subject.process->login_uid.store(static_cast<u32>(value), std::memory_order_relaxed);
    return {};
}

Result<void> show_session_id(const Subject&, const Caller&, SeqSink& out) {
    format_to(out, "{}", ~0u);
    return {};
}

Result<void> show_cgroup(const Subject&, const Caller&, SeqSink& out) {
    out.write("0::/\n");
    return {};
}

Result<void> show_personality(const Subject& subject, const Caller&, SeqSink& out) {
    const OptRef<Task> task = subject.task();
    format_to(out, "{:08x}\n", task ? task->personality : 0);
    return {};
}

Result<void> show_timer_slack(const Subject& subject, const Caller&, SeqSink& out) {
    const OptRef<Task> task = subject.task();
    format_to(out, "{}\n", task ? task->timer_slack_ns : 0);
    return {};
}

Result<void> show_sched_statistics(const Subject& subject, const Caller&, SeqSink& out) {
    const OptRef<Task> task = subject.task();
    format_to(out, "{} 0 {}\n", task ? task->run_ns.load(std::memory_order_relaxed) : 0,
              task ? usage_of(*task).voluntary_switches + usage_of(*task).involuntary_switches : 0);
    return {};
}

Result<void> show_id_map(const Subject&, const Caller&, SeqSink& out) {
    format_to(out, "{:>10} {:>10} {:>10}\n", 0, 0, ~0u);
    return {};
}

Result<void> show_setgroups(const Subject&, const Caller&, SeqSink& out) {
    out.write("allow\n");
    return {};
}

Result<void> show_nothing(const Subject&, const Caller&, SeqSink&) { return Errno::kINVAL; }

using fs::procfs::MountTextKind;
constexpr std::array<FileEntry, 35> kFiles = {{
    {"auxv", 0400, show_auxiliary_vector},
    {"cgroup", 0444, show_cgroup},
    {"children", 0444, show_children, nullptr, Shown::kThread},
    {"clear_refs", 0200, show_nothing, clear_references, Shown::kProcess},
    {"cmdline", 0444, show_command_line},
    {"comm", 0644, show_name, write_name},
    {"coredump_filter", 0644, show_core_filter, write_core_filter, Shown::kProcess},
    {"environ", 0400, show_environment},
    {"gid_map", 0644, show_id_map},
    {"io", 0400, show_io},
    {"limits", 0444, show_limits},
    {"loginuid", 0644, show_login_uid, write_login_uid},
    {"maps", 0444, show_maps},
    {"mountinfo", 0444, show_mounts<MountTextKind::kMountInfo>, nullptr, Shown::kBoth, mount_changes},
    {"mounts", 0444, show_mounts<MountTextKind::kMounts>, nullptr, Shown::kBoth, mount_changes},
    {"mountstats", 0400, show_mounts<MountTextKind::kMountStats>, nullptr, Shown::kProcess},
    {"numa_maps", 0444, show_numa_maps},
    {"oom_adj", 0644, show_old_oom_adjustment, write_old_oom_adjustment},
    {"oom_score", 0444, show_oom_score},
    {"oom_score_adj", 0644, show_oom_adjustment, write_oom_adjustment},
    {"personality", 0400, show_personality},
    {"schedstat", 0444, show_sched_statistics},
    {"sessionid", 0444, show_session_id},
    {"setgroups", 0644, show_setgroups},
    {"smaps", 0444, show_smaps},
    {"smaps_rollup", 0444, show_smaps_rollup},
    {"stack", 0400, show_stack},
    {"stat", 0444, show_stat},
    {"statm", 0444, show_statm},
    {"status", 0444, show_status},
    {"syscall", 0400, show_system_call},
    {"timerslack_ns", 0666, show_timer_slack, nullptr, Shown::kProcess},
    {"uid_map", 0644, show_id_map},
    {"wchan", 0444, show_wait_channel},
    {"projid_map", 0644, show_id_map},
}};

}  // namespace

std::span<const FileEntry> file_entries() { return kFiles; }

namespace {

struct LimitName {
    u32 which;
    std::string_view name, unit;
};
constexpr std::array<LimitName, abi::RLIM_NLIMITS> kLimitNames = {{
    {abi::RLIMIT_CPU, "Max cpu time", "seconds"},
    {abi::RLIMIT_FSIZE, "Max file size", "bytes"},
    {abi::RLIMIT_DATA, "Max data size", "bytes"},
    {abi::RLIMIT_STACK, "Max stack size", "bytes"},
    {abi::RLIMIT_CORE, "Max core file size", "bytes"},
    {abi::RLIMIT_RSS, "Max resident set", "bytes"},
    {abi::RLIMIT_NPROC, "Max processes", "processes"},
    {abi::RLIMIT_NOFILE, "Max open files", "files"},
    {abi::RLIMIT_MEMLOCK, "Max locked memory", "bytes"},
    {abi::RLIMIT_AS, "Max address space", "bytes"},
    {abi::RLIMIT_LOCKS, "Max file locks", "locks"},
    {abi::RLIMIT_SIGPENDING, "Max pending signals", "signals"},
    {abi::RLIMIT_MSGQUEUE, "Max msgqueue size", "bytes"},
    {abi::RLIMIT_NICE, "Max nice priority", ""},
    {abi::RLIMIT_RTPRIO, "Max realtime priority", ""},
    {abi::RLIMIT_RTTIME, "Max realtime timeout", "us"},
}};

void pad_to(FixedString<96>& line, usize column) {
    while (line.size() < column) line.push(' ');
}
void put_limit(FixedString<96>& line, u64 value) {
    if (value == abi::RLIM_INFINITY) {
        line.append("unlimited");
    } else {
        format_to(line, "{}", value);
    }
}

}  // namespace

Result<void> show_limits(const Subject& subject, const Caller&, SeqSink& out) {
    out.write("Limit                     Soft Limit           Hard Limit           Units     \n");
    for (const LimitName& limit : kLimitNames) {
        const abi::rlimit value = subject.process->limits().get(limit.which);
        FixedString<96> line(limit.name);
        pad_to(line, 26);
        put_limit(line, value.rlim_cur);
        pad_to(line, 47);
        put_limit(line, value.rlim_max);
        pad_to(line, 68);
        line.append(limit.unit);
        if (!limit.unit.empty()) pad_to(line, 78);
        line.append("\n");
        out.write(line.view());
    }
    return {};
}

}  // namespace process::procfs
