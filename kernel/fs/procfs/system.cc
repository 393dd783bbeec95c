#include "fs/procfs/system.h"

#include "arch/cpu_features.h"
#include "fs/dentry_cache.h"
#include "fs/devices.h"
#include "fs/locks.h"
#include "fs/procfs/procfs.h"
#include "hw/cpus.h"
#include "hw/irq.h"
#include "memory/huge_pool.h"
#include "memory/stats.h"
#include "sched/scheduler.h"
#include "time/clock.h"
#include "time/scale.h"
#include "vm/commit.h"

namespace fs::procfs {
namespace {

using base::format_to;

// Everywhere in /proc a tick is 1/100 s (USER_HZ).
constexpr u64 ticks(u64 ns) { return ns / 10'000'000; }
constexpr u64 kib(u64 pages) { return pages * (kPageSize / 1024); }
std::string_view banner() {
    return "Linux version 6.1.0-linnet (linnet@linnet) (clang version 19) #1 SMP PREEMPT Linnet";
}

Result<void> show_version(const Caller&, SeqSink& s) {
    format_to(s, "{}\n", banner());
    return {};
}

Result<void> show_meminfo(const Caller&, SeqSink& s) {
    const memory::Stats m = memory::stats();
    const u64 cached = m.file_pages;
    const u64 available = m.free + (m.file_pages > m.shared_pages ? m.file_pages - m.shared_pages : 0);
    const auto line = [&](std::string_view name, u64 pages) {
        FixedString<24> label(name);
        label.append(":");
        while (label.size() < 15) label.push(' ');
        format_to(s, "{}{:>9} kB\n", label.view(), kib(pages));
    };
    line("MemTotal", m.total);
    line("MemFree", m.free);
    line("MemAvailable", available);
    line("Buffers", 0);
    line("Cached", cached);
    line("SwapCached", 0);
    line("Active", m.anonymous + cached);
    line("Inactive", 0);
    line("SwapTotal", 0);
    line("SwapFree", 0);
    line("Dirty", m.dirty);
    line("Writeback", 0);
    line("AnonPages", m.anonymous);
    line("Mapped", 0);
    line("Shmem", m.shared_pages);
    line("AnonHugePages", m.large);
    line("Slab", m.slab);
    line("SReclaimable", dentry_cache.unused_count() * 512 / kPageSize);
    line("SUnreclaim", m.slab);
    line("KernelStack", m.kernel_stacks);
    line("PageTables", m.page_tables);
    line("CommitLimit", vm::commit::limit());
    line("Committed_AS", vm::commit::committed());
    const memory::HugeCounts huge = memory::huge_pool::counts();
    format_to(s,
              "HugePages_Total:   {:>5}\nHugePages_Free:    {:>5}\nHugePages_Rsvd:    {:>5}\nHugePages_Surp:    {:>5}\n"
              "Hugepagesize:   {:>8} kB\n",
              huge.total, huge.free, huge.reserved, huge.surplus, kib(memory::huge_pool::kPages));
    line("Hugetlb", huge.total * memory::huge_pool::kPages);
    return {};
}

Result<void> show_uptime(const Caller&, SeqSink& s) {
    const u64 up = static_cast<u64>(time::now().ns);
    u64 idle = 0;
    for (u32 cpu = 0; cpu < hw::cpus_online(); cpu++) idle += sched::cpu_times(cpu).idle_ns;
    format_to(s, "{}.{:02} {}.{:02}\n", up / 1'000'000'000, up / 10'000'000 % 100, idle / 1'000'000'000,
              idle / 10'000'000 % 100);
    return {};
}

Result<void> show_loadavg(const Caller&, SeqSink& s) {
    for (u64 load : sched::load_average()) {
        const u64 rounded = load + (1 << 11) / 200;
        format_to(s, "{}.{:02} ", rounded >> 11, ((rounded & 0x7ff) * 100) >> 11);
    }
    format_to(s, "{}/{} {}\n", sched::runnable_count(), sched::threads_started(), sched::threads_started());
    return {};
}

void stat_line(SeqSink& s, const sched::CpuTimes& t) {
    format_to(s, " {} {} {} {} 0 {} 0 0 0 0\n", ticks(t.user_ns), ticks(t.nice_ns), ticks(t.system_ns),
              ticks(t.idle_ns), ticks(t.irq_ns));
}

Result<void> show_stat(const Caller&, SeqSink& s) {
    sched::CpuTimes all;
    u64 interrupts = 0;
    for (u32 cpu = 0; cpu < hw::cpus_online(); cpu++) {
        const sched::CpuTimes t = sched::cpu_times(cpu);
        all.user_ns += t.user_ns, all.nice_ns += t.nice_ns, all.system_ns += t.system_ns;
        all.idle_ns += t.idle_ns, all.irq_ns += t.irq_ns;
        interrupts += hw::irq::count_all(cpu);
    }
    s.write("cpu ");
    stat_line(s, all);
    for (u32 cpu = 0; cpu < hw::cpus_online(); cpu++) {
        format_to(s, "cpu{}", cpu);
        stat_line(s, sched::cpu_times(cpu));
    }
    format_to(s, "intr {}\nctxt {}\nbtime {}\nprocesses {}\nprocs_running {}\nprocs_blocked 0\n", interrupts,
              sched::total_switches(), (time::realtime() - time::now().ns) / 1'000'000'000, sched::threads_started(),
              sched::runnable_count());
    return {};
}

Result<void> show_filesystems(const Caller&, SeqSink& s) {
    for_each_filesystem(
        [](const FilesystemType& t, void* sink) {
            format_to(*static_cast<SeqSink*>(sink), "{}\t{}\n", t.needs_device ? "" : "nodev", t.name);
        },
        &s);
    return {};
}

Result<void> show_devices(const Caller&, SeqSink& s) {
    const auto line = [](u32 major, std::string_view name, void* sink) {
        format_to(*static_cast<SeqSink*>(sink), "{:>3} {}\n", major, name);
    };
    s.write("Character devices:\n");
    for_each_device(DeviceKind::kCharacter, line, &s);
    s.write("\nBlock devices:\n");
    for_each_device(DeviceKind::kBlock, line, &s);
    return {};
}

Result<void> show_interrupts(const Caller&, SeqSink& s) {
    const u32 cpus = hw::cpus_online();
    s.write("    ");
    for (u32 cpu = 0; cpu < cpus; cpu++) format_to(s, "       CPU{}", cpu);
    s.write("\n");
    for (u32 vector = 0x20; vector < 256; vector++) {
        u64 total = 0;
        for (u32 cpu = 0; cpu < cpus; cpu++) total += hw::irq::count(cpu, static_cast<u8>(vector));
        const std::string_view user = hw::irq::vector_user(static_cast<u8>(vector));
        if (total == 0 && user.empty()) continue;
        const i32 line = hw::irq::vector_line(static_cast<u8>(vector));
        if (line >= 0) {
            format_to(s, "{:>3}:", line);
        } else {
            format_to(s, "v{:02x}:", vector);
        }
        for (u32 cpu = 0; cpu < cpus; cpu++) format_to(s, " {:>10}", hw::irq::count(cpu, static_cast<u8>(vector)));
        format_to(s, "  {}\n", user);
    }
    return {};
}

Result<void> show_cpuinfo(const Caller&, SeqSink& s) {
    const arch::Features& f = arch::features();
    const u64 hz = time::source_hz();
    for (u32 cpu = 0; cpu < hw::cpus_online(); cpu++) {
        format_to(
            s, "processor\t: {}\nvendor_id\t: {}\ncpu family\t: {}\nmodel\t\t: {}\nmodel name\t: {}\nstepping\t: {}\n",
            cpu, std::string_view(f.vendor), f.family, f.model, "x86-64", f.stepping);
        format_to(s, "cpu MHz\t\t: {}.{:03}\nphysical id\t: 0\nsiblings\t: {}\ncore id\t\t: {}\ncpu cores\t: {}\n",
                  hz / 1'000'000, hz / 1000 % 1000, hw::cpus_online(), cpu, hw::cpus_online());
        s.write(
            "fpu\t\t: yes\nfpu_exception\t: yes\nwp\t\t: yes\nflags\t\t: fpu tsc msr pae cx8 apic sep mca cmov clflush "
            "mmx fxsr sse sse2 syscall nx lm");
        const auto flag = [&](bool on, std::string_view name) {
            if (on) format_to(s, " {}", name);
        };
        flag(f.gigabyte_pages, "pdpe1gb");
        flag(f.rdtscp, "rdtscp");
        flag(f.invariant_tsc, "constant_tsc nonstop_tsc");
        flag(f.cx16, "cx16");
        flag(f.popcnt, "popcnt");
        flag(f.xsave, "xsave");
        flag(f.avx, "avx");
        flag(f.rdrand, "rdrand");
        flag(f.hypervisor, "hypervisor");
        flag(f.fsgsbase, "fsgsbase");
        flag(f.smep, "smep");
        flag(f.erms, "erms");
        flag(f.rdseed, "rdseed");
        flag(f.smap, "smap");
        flag(f.umip, "umip");
        flag(f.protection_keys, "pku");
        flag(f.protection_keys, "ospke");
        format_to(s, "\nbogomips\t: {}.{:02}\nclflush size\t: 64\ncache_alignment\t: 64\n\n", hz / 500'000,
                  hz / 5'000 % 100);
    }
    return {};
}

Result<void> show_swaps(const Caller&, SeqSink& s) {
    s.write("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
    return {};
}
Result<void> show_partitions(const Caller&, SeqSink& s) {
    s.write("major minor  #blocks  name\n\n");
    return {};
}

void slab_line(void* sink, const memory::SlabInfo& i) {
    format_to(*static_cast<SeqSink*>(sink),
              "{:<17} {:>6} {:>6} {:>6} {:>4} {:>4} : tunables    0    0    0 : slabdata {:>6} {:>6}      0\n", i.name,
              i.active, i.objects, i.object_size, i.slabs == 0 ? 0 : i.objects / i.slabs, i.pages_per_slab, i.slabs,
              i.slabs);
}
Result<void> show_slabinfo(const Caller&, SeqSink& s) {
    s.write(
        "slabinfo - version: 2.1\n# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : "
        "tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>\n");
    memory::for_each_slab(slab_line, &s);
    return {};
}
// The counters that vmstat and top look for; those that Linnet does not count are 0.
Result<void> show_vmstat(const Caller&, SeqSink& s) {
    const memory::Stats m = memory::stats();
    format_to(s, "nr_free_pages {}\nnr_anon_pages {}\nnr_file_pages {}\nnr_dirty {}\nnr_writeback 0\nnr_shmem {}\n",
              m.free, m.anonymous, m.file_pages, m.dirty, m.shared_pages);
    format_to(s, "nr_anon_transparent_hugepages {}\n", m.large >> 9);
    format_to(s, "nr_page_table_pages {}\npgpgin 0\npgpgout 0\npswpin 0\npswpout 0\npgfault 0\npgmajfault 0\n",
              m.page_tables);
    return {};
}
// No block device counts its transfers yet.
Result<void> show_diskstats(const Caller&, SeqSink&) { return {}; }
Result<void> show_buddyinfo(const Caller&, SeqSink& s) {
    constexpr std::array<std::string_view, 3> kZones{"DMA", "DMA32", "Normal"};
    for (unsigned zone = 0; zone < kZones.size(); zone++) {
        format_to(s, "Node 0, zone {:>8} ", kZones[zone]);
        for (unsigned order = 0; order < 11; order++) format_to(s, "{:>6} ", memory::free_blocks(zone, order));
        s.write("\n");
    }
    return {};
}

// --- /proc/sys: what programs look at; fixed values. ---

struct Constant {
    std::string_view path;
    std::string_view value;
};
constexpr std::array kConstants{
    Constant{"sys/kernel/ostype", "Linux"},
    Constant{"sys/kernel/osrelease", "6.1.0-linnet"},
    Constant{"sys/kernel/version", "#1 SMP PREEMPT Linnet"},
    Constant{"sys/kernel/ngroups_max", "65536"},
    Constant{"sys/kernel/cap_last_cap", "40"},
    Constant{"sys/kernel/overflowuid", "65534"},
    Constant{"sys/kernel/overflowgid", "65534"},
    Constant{"sys/kernel/yama/ptrace_scope", "0"},
    Constant{"sys/kernel/tainted", "0"},
    Constant{"sys/fs/file-max", "9223372036854775807"},
    Constant{"sys/fs/nr_open", "1048576"},
    Constant{"sys/fs/suid_dumpable", "0"},
    Constant{"sys/vm/swappiness", "60"},
};

// A constant text with a line's end.
class SettingFile final : public FileNode {
  public:
    explicit SettingFile(std::string_view value) : FileNode(0444), value_(value) {}
    Result<void> generate(const Caller&, SeqSink& sink) override {
        format_to(sink, "{}\n", value_);
        return {};
    }

  private:
    std::string_view value_;
};

}  // namespace

Result<void> add_system_files() {
    TRY(add_sched_limits());
    TRY(add_file("version", show_version));
    TRY(add_file("meminfo", show_meminfo));
    TRY(add_file("uptime", show_uptime));
    TRY(add_file("loadavg", show_loadavg));
    TRY(add_file("stat", show_stat));
    TRY(add_file("filesystems", show_filesystems));
    TRY(add_file("devices", show_devices));
    TRY(add_file("interrupts", show_interrupts));
    TRY(add_file("irq_stats", show_interrupts));
    TRY(add_file("cpuinfo", show_cpuinfo));
    TRY(add_file("swaps", show_swaps));
    TRY(add_file("partitions", show_partitions));
    TRY(add_file("slabinfo", show_slabinfo, 0400));
    TRY(add_file("buddyinfo", show_buddyinfo));
    TRY(add_file("vmstat", show_vmstat));
    TRY(add_file("diskstats", show_diskstats));
    TRY(add_file("locks", [](const Caller&, SeqSink& sink) { return show_locks(sink); }));
    TRY(add_link("mounts", "self/mounts"));
    TRY(add_random_files());
    for (const Constant& s : kConstants) TRY(add_node(s.path, TRY(make_ref<SettingFile>(s.value))));
    return {};
}

}  // namespace fs::procfs
