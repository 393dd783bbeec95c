#include "main/proc/vm_settings.h"

#include "fs/procfs/procfs.h"
#include "ipc/setting.h"
#include "memory/reclaim.h"
#include "memory/stats.h"
#include "process/oom.h"
#include "vm/commit.h"
#include "vm/map_settings.h"

namespace kernel_main {
namespace {

using vm::commit::settings;

Result<void> set(std::atomic<u64>& value, std::string_view text, u64 most) {
    const std::optional<u64> n = ipc::parse_setting(text);
    if (!n || *n > most) return Errno::kINVAL;
    value.store(*n, std::memory_order_relaxed);
    return {};
}

// A number that may be 0..kMost; `kOther`, if given, is another way to say the same and becomes 0.
template <std::atomic<u64>& kValue, u64 kMost, std::atomic<u64>* kOther = nullptr>
Result<void> add_number(std::string_view path) {
    return fs::procfs::add_file(
        path,
        [](const fs::Caller&, fs::procfs::SeqSink& s) -> Result<void> {
            base::format_to(s, "{}\n", kValue.load(std::memory_order_relaxed));
            return {};
        },
        0644,
        [](const fs::Caller&, std::string_view text) -> Result<void> {
            TRY(set(kValue, text, kMost));
            if constexpr (kOther != nullptr) kOther->store(0, std::memory_order_relaxed);
            return {};
        });
}

Result<void> show_least_free(const fs::Caller&, fs::procfs::SeqSink& s) {
    base::format_to(s, "{}\n", memory::least_free_pages(memory::total_pages()) * (kPageSize / 1024));
    return {};
}

// Nothing in memory is only a copy of a disk's yet, so 1 (pages), 2 (dentries and the like) and both are the same.
Result<void> write_drop_caches(const fs::Caller&, std::string_view text) {
    const std::optional<u64> n = ipc::parse_setting(text);
    if (!n || *n < 1 || *n > 4) return Errno::kINVAL;
    if (*n != 4) memory::drop_caches();  // 4: Linux says no more about it in the log
    return {};
}

constexpr u64 kMostInt = 0x7fff'ffff, kAny = ~u64{0};

}  // namespace

Result<void> add_vm_settings() {
    TRY((add_number<settings.mode, 2>("sys/vm/overcommit_memory")));
    TRY((add_number<settings.ratio, kMostInt, &settings.kbytes>("sys/vm/overcommit_ratio")));
    TRY((add_number<settings.kbytes, kAny, &settings.ratio>("sys/vm/overcommit_kbytes")));
    TRY((add_number<settings.admin_kbytes, kAny>("sys/vm/admin_reserve_kbytes")));
    TRY((add_number<settings.user_kbytes, kAny>("sys/vm/user_reserve_kbytes")));
    TRY((add_number<vm::map_settings.most_mappings, kMostInt>("sys/vm/max_map_count")));
    TRY((add_number<vm::map_settings.least_address, kAny>("sys/vm/mmap_min_addr")));
    TRY((add_number<vm::map_settings.randomised, 2>("sys/kernel/randomize_va_space")));
    TRY((add_number<process::oom::settings.panic, 2>("sys/vm/panic_on_oom")));
    TRY((add_number<process::oom::settings.kill_asking, kMostInt>("sys/vm/oom_kill_allocating_task")));
    TRY((add_number<process::oom::settings.list_processes, kMostInt>("sys/vm/oom_dump_tasks")));
    TRY((add_number<process::most_tasks, kMostInt>("sys/kernel/threads-max")));
    TRY(fs::procfs::add_file(
        "sys/vm/drop_caches", [](const fs::Caller&, fs::procfs::SeqSink&) -> Result<void> { return Errno::kINVAL; },
        0200, write_drop_caches));
    return fs::procfs::add_file("sys/vm/min_free_kbytes", show_least_free);
}

}  // namespace kernel_main
