// /sys/devices/system/cpu and node: the CPUs, each a core of its own in one package, and the one node that memory has.
// Linux: drivers/base/{cpu,topology,node}.c, Documentation/ABI/stable/sysfs-devices-{system-cpu,node}.
#include "hw/cpus.h"
#include "fs/procfs/node_fs.h"
#include "fs/sysfs/sysfs.h"
#include "memory/stats.h"

namespace fs::sysfs {
namespace {

using procfs::SeqSink;

// "0-3" of the first `n` CPUs, which have no holes.
void write_list(SeqSink& sink, u32 n) {
    if (n > 1) {
        base::format_to(sink, "0-{}\n", n - 1);
    } else {
        sink.write("0\n");
    }
}
// CPUs [first, last) as a bitmap in hexadecimal digits, words of 32 bits apart (Linux: "%*pb").
void write_mask(SeqSink& sink, u32 first, u32 last) {
    const u32 bits = hw::cpus_possible();
    for (u32 word = (bits + 31) / 32; word-- > 0;) {
        const u32 digits = bits - word * 32 < 32 ? (bits - word * 32 + 3) / 4 : 8;
        for (u32 digit = digits; digit-- > 0;) {
            u32 value = 0;
            for (u32 i = 0; i < 4; i++) {
                const u32 cpu = word * 32 + digit * 4 + i;
                if (cpu >= first && cpu < last) value |= 1u << i;
            }
            base::format_to(sink, "{:x}", value);
        }
        sink.write(word != 0 ? "," : "\n");
    }
}

Result<void> show_online(const Caller&, SeqSink& sink) {
    write_list(sink, hw::cpus_online());
    return {};
}
Result<void> show_possible(const Caller&, SeqSink& sink) {
    write_list(sink, hw::cpus_possible());
    return {};
}
Result<void> show_offline(const Caller&, SeqSink& sink) {
    const u32 online = hw::cpus_online(), possible = hw::cpus_possible();
    if (online + 1 < possible) {
        base::format_to(sink, "{}-{}\n", online, possible - 1);
    } else if (online < possible) {
        base::format_to(sink, "{}\n", online);
    } else {
        sink.write("\n");
    }
    return {};
}
Result<void> show_most(const Caller&, SeqSink& sink) {
    base::format_to(sink, "{}\n", hw::kMaxCpus - 1);
    return {};
}
Result<void> show_nothing(const Caller&, SeqSink& sink) {
    sink.write("\n");
    return {};
}
Result<void> show_zero(const Caller&, SeqSink& sink) {
    sink.write("0\n");
    return {};
}

Result<void> show_online_mask(const Caller&, SeqSink& sink) {
    write_mask(sink, 0, hw::cpus_online());
    return {};
}
Result<void> show_distance(const Caller&, SeqSink& sink) {
    sink.write("10\n");  // to itself (ACPI 6.5, 5.2.17)
    return {};
}
Result<void> show_node_memory(const Caller&, SeqSink& sink) {
    const memory::Stats s = memory::stats();
    const auto line = [&](std::string_view name, u64 pages) {
        base::format_to(sink, "Node 0 {}{:>8} kB\n", name, pages * (kPageSize >> 10));
    };
    line("MemTotal:       ", s.total);
    line("MemFree:        ", s.free);
    line("MemUsed:        ", s.total - s.free);
    return {};
}

// A number is also the list of one CPU.
enum class CpuFact : u8 { kNumber, kMask };

// What is so of one CPU: its number, which is its core's too, or itself as a set.
class CpuFile final : public procfs::FileNode {
  public:
    CpuFile(u32 cpu, CpuFact fact) : FileNode(0444), cpu_(cpu), fact_(fact) {}
    Result<void> generate(const Caller&, SeqSink& sink) override {
        if (fact_ == CpuFact::kMask) {
            write_mask(sink, cpu_, cpu_ + 1);
        } else {
            base::format_to(sink, "{}\n", cpu_);
        }
        return {};
    }

  private:
    u32 cpu_;
    CpuFact fact_;
};

struct File {
    std::string_view name;
    procfs::Generator generator;
};
constexpr File kFiles[] = {
    {"cpu/online", show_online},
    {"cpu/possible", show_possible},
    {"cpu/present", show_possible},
    {"cpu/offline", show_offline},
    {"cpu/isolated", show_nothing},
    {"cpu/kernel_max", show_most},
    {"node/online", show_zero},
    {"node/possible", show_zero},
    {"node/has_cpu", show_zero},
    {"node/has_memory", show_zero},
    {"node/has_normal_memory", show_zero},
    {"node/node0/cpulist", show_online},
    {"node/node0/cpumap", show_online_mask},
    {"node/node0/distance", show_distance},
    {"node/node0/meminfo", show_node_memory},
};
struct Fact {
    std::string_view name;
    CpuFact fact;
};
// Of a CPU's core and of its thread; its package is that of all.
constexpr Fact kFacts[] = {
    {"core_id", CpuFact::kNumber},        {"thread_siblings", CpuFact::kMask},
    {"core_cpus", CpuFact::kMask},        {"thread_siblings_list", CpuFact::kNumber},
    {"core_cpus_list", CpuFact::kNumber},
};
constexpr File kShared[] = {
    {"physical_package_id", show_zero},  {"die_id", show_zero},
    {"core_siblings", show_online_mask}, {"core_siblings_list", show_online},
    {"package_cpus", show_online_mask},  {"package_cpus_list", show_online},
};

Result<void> add_cpu(u32 cpu) {
    FixedString<96> folder;
    base::format_to(folder, "devices/system/cpu/cpu{}/topology/", cpu);
    const auto path = [&](std::string_view name) {
        FixedString<96> whole = folder;
        whole.append(name);
        return whole;
    };
    for (const Fact& f : kFacts) TRY(sysfs::add_node(path(f.name).view(), TRY(make_ref<CpuFile>(cpu, f.fact))));
    for (const File& f : kShared) TRY(sysfs::add_file(path(f.name).view(), f.generator));
    FixedString<96> to_node, from_node, target;
    base::format_to(to_node, "devices/system/cpu/cpu{}/node0", cpu);
    TRY(sysfs::add_node(to_node.view(), TRY(procfs::make_link("../../node/node0"))));
    base::format_to(from_node, "devices/system/node/node0/cpu{}", cpu);
    base::format_to(target, "../../cpu/cpu{}", cpu);
    return sysfs::add_node(from_node.view(), TRY(procfs::make_link(target.view())));
}

}  // namespace

Result<void> add_cpus() {
    for (const File& f : kFiles) {
        FixedString<96> path("devices/system/");
        path.append(f.name);
        TRY(sysfs::add_file(path.view(), f.generator));
    }
    for (u32 cpu = 0; cpu < hw::cpus_possible(); cpu++) TRY(add_cpu(cpu));
    return {};
}

}  // namespace fs::sysfs
