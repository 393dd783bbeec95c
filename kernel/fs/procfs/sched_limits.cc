// /proc/sys/kernel/sched_rt_{period,runtime}_us: what real-time threads may take, and deadline threads be promised.
#include <limits>
#include <optional>

#include "fs/procfs/procfs.h"
#include "fs/procfs/system.h"
#include "sched/scheduler.h"

namespace fs::procfs {
namespace {

using sched::RtLimit;

constexpr i64 kNsPerUs = 1000;

// A whole number with blanks around it, as proc_dointvec takes it.
std::optional<i64> parse(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ' || text.back() == '\0')) text.remove_suffix(1);
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    if (text.empty() || text.size() > 10) return std::nullopt;
    i64 n = 0;
    for (char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        n = n * 10 + (c - '0');
    }
    if (n > std::numeric_limits<i32>::max()) return std::nullopt;
    return negative ? -n : n;
}

Result<void> show_period(const Caller&, SeqSink& s) {
    base::format_to(s, "{}\n", sched::rt_limit().period / kNsPerUs);
    return {};
}
Result<void> show_runtime(const Caller&, SeqSink& s) {
    const RtLimit limit = sched::rt_limit();
    base::format_to(s, "{}\n", limit.runtime == RtLimit::kUnlimited ? -1 : limit.runtime / kNsPerUs);
    return {};
}
Result<void> write_period(const Caller&, std::string_view text) {
    const std::optional<i64> us = parse(text);
    if (!us) return Errno::kINVAL;
    return sched::set_rt_limit({*us * kNsPerUs, sched::rt_limit().runtime});
}
Result<void> write_runtime(const Caller&, std::string_view text) {
    const std::optional<i64> us = parse(text);
    if (!us || *us < -1) return Errno::kINVAL;
    return sched::set_rt_limit({sched::rt_limit().period, *us == -1 ? RtLimit::kUnlimited : *us * kNsPerUs});
}

}  // namespace

Result<void> add_sched_limits() {
    TRY(add_file("sys/kernel/sched_rt_period_us", show_period, 0644, write_period));
    return add_file("sys/kernel/sched_rt_runtime_us", show_runtime, 0644, write_runtime);
}

}  // namespace fs::procfs
