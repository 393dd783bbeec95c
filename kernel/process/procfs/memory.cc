// /proc/PID/maps, smaps, cmdline, environ, auxv: what is in a process's memory.
#include "process/procfs/memory.h"
#include "arch/cpu.h"
#include "object/file_anchor.h"
#include "vm/huge_object.h"

namespace process::procfs {

using base::format_to;

OptRef<vm::AddressSpace> space_of(const Subject& subject) {
    const OptRef<Task> task = subject.task();
    return task ? task->address_space_of() : nullptr;
}

std::string_view special_name(const vm::AddressSpace& space, const vm::MappingInfo& m) {
    switch (m.name) {
        case vm::MappingName::kStack: return "[stack]";
        case vm::MappingName::kVdso: return "[vdso]";
        case vm::MappingName::kVvar: return "[vvar]";
        case vm::MappingName::kHeap: return "[heap]";
        case vm::MappingName::kNone: break;
    }
    if (m.start.value <= space.brk_end && m.end.value > space.start_brk && !m.file) return "[heap]";
    if (m.start.value <= space.start_stack && m.end.value > space.start_stack) return "[stack]";
    return "";
}

namespace {

void put_escaped(SeqSink& out, std::string_view text) {
    for (char c : text) {
        if (c == '\n') {
            out.write("\\012");
        } else {
            out.write(std::string_view(&c, 1));
        }
    }
}

}  // namespace

void put_path(object::File& file, SeqSink& out) {
    file.describe({[](void* self, std::string_view text) { put_escaped(*static_cast<SeqSink*>(self), text); }, &out});
}

namespace {

void show_mapping(const vm::AddressSpace& space, const vm::MappingInfo& m, SeqSink& out) {
    object::File* file = object::file_of(m.file);
    object::Attributes attributes;
    if (file != nullptr) (void)file->stat(attributes);
    FixedString<160> line;
    const auto flag = [](bool on, char c) { return on ? c : '-'; };
    format_to(line, "{:08x}-{:08x} {}{}{}{} {:08x} {:02x}:{:02x} {} ", m.start.value, m.end.value,
              flag(vm::has(m.prot, vm::Prot::kRead), 'r'), flag(vm::has(m.prot, vm::Prot::kWrite), 'w'),
              flag(vm::has(m.prot, vm::Prot::kExec), 'x'), vm::has(m.flags, vm::MapFlags::kShared) ? 's' : 'p',
              file != nullptr ? m.offset : 0, attributes.device.major, attributes.device.minor, attributes.inode);
    const std::string_view name = special_name(space, m);
    if (file != nullptr || !name.empty()) {
        while (line.size() < 73) line.push(' ');
    }
    out.write(line.view());
    if (file != nullptr) {
        put_path(*file, out);
    } else {
        out.write(name);
    }
    out.write("\n");
}

struct Totals {
    u64 size = 0, locked_share = 0, page_size = kPageSize;
    vm::AddressSpace::Residency r{};
    void add(const vm::MappingInfo& m, const vm::AddressSpace::Residency& o) {
        size += m.end.value - m.start.value;
        r.resident += o.resident, r.shared_clean += o.shared_clean, r.shared_dirty += o.shared_dirty;
        r.private_clean += o.private_clean, r.private_dirty += o.private_dirty, r.anonymous += o.anonymous;
        r.referenced += o.referenced, r.large += o.large, r.share += o.share;
        r.shared_huge += o.shared_huge, r.private_huge += o.private_huge;
        if (vm::has(m.flags, vm::MapFlags::kHugeTlb)) page_size = vm::kHugeSize;
        if (vm::has(m.flags, vm::MapFlags::kLocked)) locked_share += o.share;
    }
};

void show_residency(const Totals& t, bool one_mapping, SeqSink& out) {
    const auto line = [&](std::string_view name, u64 kib) {
        FixedString<24> label(name);
        label.append(":");
        while (label.size() < 16) label.push(' ');
        format_to(out, "{}{:>8} kB\n", label.view(), kib);
    };
    constexpr u64 kPage = kPageSize / 1024;
    const auto share = [](u64 n) { return n >> (vm::AddressSpace::Residency::kShareShift + 10); };
    const vm::AddressSpace::Residency& r = t.r;
    if (one_mapping) {
        line("Size", t.size / 1024);
        line("KernelPageSize", t.page_size / 1024);
        line("MMUPageSize", t.page_size / 1024);
    }
    line("Rss", r.resident * kPage);
    line("Pss", share(r.share));
    line("Pss_Dirty", r.resident == 0 ? 0 : share(r.share) * (r.private_dirty + r.shared_dirty) / r.resident);
    if (!one_mapping) {
        line("Pss_Anon", r.resident == 0 ? 0 : share(r.share) * r.anonymous / r.resident);
        line("Pss_File", r.resident == 0 ? 0 : share(r.share) * (r.resident - r.anonymous) / r.resident);
        line("Pss_Shmem", 0);
    }
    line("Shared_Clean", r.shared_clean * kPage);
    line("Shared_Dirty", r.shared_dirty * kPage);
    line("Private_Clean", r.private_clean * kPage);
    line("Private_Dirty", r.private_dirty * kPage);
    line("Referenced", r.referenced * kPage);
    line("Anonymous", r.anonymous * kPage);
    line("LazyFree", 0);
    line("AnonHugePages", r.large * kPage);
    line("ShmemPmdMapped", 0);
    line("FilePmdMapped", 0);
    line("Shared_Hugetlb", r.shared_huge * kPage);
    line("Private_Hugetlb", r.private_huge * kPage);
    line("Swap", 0);
    line("SwapPss", 0);
    line("Locked", share(t.locked_share));
}

// In the order of Linux's bits (fs/proc/task_mmu.c, show_smap_vma_flags).
void show_flags(const vm::MappingInfo& m, SeqSink& out) {
    using vm::MapFlags;
    using vm::Prot;
    const bool shared = vm::has(m.flags, MapFlags::kShared);
    const auto flag = [&](bool on, std::string_view name) {
        if (on) format_to(out, "{} ", name);
    };
    out.write("VmFlags: ");
    flag(vm::has(m.prot, Prot::kRead), "rd");
    flag(vm::has(m.prot, Prot::kWrite), "wr");
    flag(vm::has(m.prot, Prot::kExec), "ex");
    flag(shared, "sh");
    flag(vm::has(m.max_prot, Prot::kRead), "mr");
    flag(vm::has(m.max_prot, Prot::kWrite), "mw");
    flag(vm::has(m.max_prot, Prot::kExec), "me");
    flag(shared, "ms");
    flag(vm::has(m.flags, MapFlags::kGrowsDown), "gd");
    flag(vm::has(m.flags, MapFlags::kDevice), "pf");
    flag(vm::has(m.flags, MapFlags::kLocked), "lo");
    flag(vm::has(m.flags, MapFlags::kDevice), "io");
    flag(vm::has(m.flags, MapFlags::kSequential), "sr");
    flag(vm::has(m.flags, MapFlags::kRandom), "rr");
    flag(vm::has(m.flags, MapFlags::kDontFork), "dc");
    flag(vm::has(m.flags, MapFlags::kHugeTlb), "de");
    flag(vm::has(m.flags, MapFlags::kAccounted), "ac");
    flag(vm::has(m.flags, MapFlags::kNoReserve), "nr");
    flag(vm::has(m.flags, MapFlags::kHugeTlb), "ht");
    flag(vm::has(m.flags, MapFlags::kWipeOnFork), "wf");
    flag(vm::has(m.flags, MapFlags::kDontDump), "dd");
    flag(vm::has(m.flags, MapFlags::kHugePage), "hg");
    flag(vm::has(m.flags, MapFlags::kNoHugePage), "nh");
    flag(vm::has(m.flags, MapFlags::kMergeable), "mg");
    out.write("\n");
}

// Bytes [from, to) of the other process's memory, as far as they can be read, to `out`.
void copy_memory(vm::AddressSpace& space, u64 from, u64 to, SeqSink& out) {
    constexpr u64 kMost = 4 << 20;
    if (to > from + kMost) to = from + kMost;
    std::array<u8, 512> bytes;
    while (from < to) {
        const usize want = std::min<u64>(bytes.size(), to - from);
        const Result<usize> n = space.read_remote(UserAddr(from), std::span(bytes).first(want));
        if (!n.ok() || n.value() == 0) return;
        out.write(base::text_of(std::span<const u8>(bytes).first(n.value())));
        from += n.value();
    }
}

}  // namespace

Result<void> show_maps(const Subject& subject, const Caller& caller, SeqSink& out) {
    TRY(may_inspect(subject, caller));
    const SpaceUser space(space_of(subject));
    if (!space) return {};
    space->for_each_mapping([&](const vm::MappingInfo& m) {
        show_mapping(*space, m, out);
        return !out.failed();
    });
    return {};
}

Result<void> show_smaps(const Subject& subject, const Caller& caller, SeqSink& out) {
    TRY(may_inspect(subject, caller));
    const SpaceUser space(space_of(subject));
    if (!space) return {};
    space->for_each_mapping([&](const vm::MappingInfo& m) {
        show_mapping(*space, m, out);
        Totals t;
        t.add(m, space->residency(m.start, m.end));
        show_residency(t, true, out);
        format_to(out, "THPeligible:    {}\n", space->may_have_large(m) ? 1 : 0);
        if (arch::features().protection_keys) format_to(out, "ProtectionKey:  {:>8}\n", m.key);
        show_flags(m, out);
        return !out.failed();
    });
    return {};
}

Result<void> show_smaps_rollup(const Subject& subject, const Caller& caller, SeqSink& out) {
    TRY(may_inspect(subject, caller));
    const SpaceUser space(space_of(subject));
    if (!space) return Errno::kSRCH;
    Totals t;
    u64 first = ~u64{0}, last = 0;
    space->for_each_mapping([&](const vm::MappingInfo& m) {
        first = std::min(first, m.start.value);
        last = m.end.value;
        t.add(m, space->residency(m.start, m.end));
        return true;
    });
    format_to(out, "{:08x}-{:08x} ---p 00000000 00:00 0                    [rollup]\n", first == ~u64{0} ? 0 : first,
              last);
    show_residency(t, false, out);
    return {};
}

Result<void> show_command_line(const Subject& subject, const Caller&, SeqSink& out) {
    const SpaceUser space(space_of(subject));
    if (!space || space->arg_end <= space->arg_start) return {};
    u8 last = 0;
    const Result<usize> n = space->read_remote(UserAddr(space->arg_end - 1), std::span(&last, 1));
    if (!n.ok() || last == 0) {
        copy_memory(*space, space->arg_start, space->arg_end, out);
        return {};
    }
    // setproctitle(3) has written over the arguments: one string, which may go on into the environment.
    SeqSink all;
    copy_memory(*space, space->arg_start, std::max(space->arg_end, space->env_end), all);
    const std::string_view text = all.view();
    out.write(text.substr(0, text.find('\0')));
    return {};
}

Result<void> show_environment(const Subject& subject, const Caller& caller, SeqSink& out) {
    TRY(may_inspect(subject, caller));
    const SpaceUser space(space_of(subject));
    if (space) copy_memory(*space, space->env_start, space->env_end, out);
    return {};
}

Result<void> show_auxiliary_vector(const Subject& subject, const Caller& caller, SeqSink& out) {
    TRY(may_inspect(subject, caller));
    const SpaceUser space(space_of(subject));
    const Process& process = *subject.process;
    if (space) copy_memory(*space, process.auxv_address.value, process.auxv_address.value + process.auxv_bytes, out);
    return {};
}

}  // namespace process::procfs
