// Source: Linux 6.1 fs/binfmt_elf.c (elf_core_dump, fill_note_info), fs/coredump.c (vma_dump_size, dump_user_range).
#include "process/core_writer.h"

#include <algorithm>

#include "abi/linux/auxv.h"
#include "abi/linux/elf.h"
#include "base/bytes.h"
#include "object/file_anchor.h"
#include "process/core_file.h"
#include "process/session.h"
#include "process/trace_registers.h"
#include "process/tree.h"

namespace process {

namespace {

// Where the bytes go. Once a write has failed, or the limit is reached, nothing more is written.
class CoreOutput {
  public:
    CoreOutput(Task& self, object::File& file)
        : file_(file),
          ctx_{.thread = self,
               .file_size_limit = self.process().limits().soft(abi::RLIMIT_FSIZE),
               .credentials = &self.credentials()},
          limit_(self.process().limits().soft(abi::RLIMIT_CORE)) {}

    bool put(std::span<const u8> bytes) {
        if (full_ || bytes.size() > limit_ - written_) full_ = true;
        while (!full_ && !bytes.empty()) {
            vm::IoReader from = vm::IoReader::from_kernel(bytes);
            const Result<usize> n = file_.pwrite(ctx_, from, position_);
            full_ = !n.ok() || *n == 0;
            if (full_) break;
            position_ += *n;
            written_ += *n;
            bytes = bytes.subspan(*n);
        }
        return !full_;
    }
    // Leaves a hole.
    void skip(u64 bytes) { position_ += bytes; }
    void skip_to(u64 position) { position_ = position; }
    // A hole at the end counts as part of the file.
    void finish() {
        if (!full_ && position_ > 0) (void)file_.truncate(position_);
    }

  private:
    object::File& file_;
    object::IoCtx ctx_;
    const u64 limit_;  // RLIMIT_CORE: holes do not count
    u64 position_ = 0, written_ = 0;
    bool full_ = false;
};

// --- Notes ---

abi::timeval time_of(u64 ns) {
    return {static_cast<i64>(ns / 1'000'000'000), static_cast<i64>(ns % 1'000'000'000 / 1000)};
}

i32 parent_pid(const Process& process) {
    TreeGuard guard;
    return process.parent == nullptr ? 0 : process.parent->pid();
}

abi::elf_prstatus status_of(Task& task, int signo) {
    Process& process = task.process();
    abi::elf_prstatus status{};
    status.pr_info.si_signo = signo;
    status.pr_cursig = static_cast<i16>(signo);
    {
        auto s = process.signals().lock();
        status.pr_sigpend = task.signals.pending.pending().bits;
        status.pr_sighold = task.signals.blocked.bits;
    }
    status.pr_pid = task.tid();
    status.pr_ppid = parent_pid(process);
    status.pr_pgrp = group_of(task, 0).value_or(0);
    status.pr_sid = session_of(task, 0).value_or(0);
    const Usage usage = task.is_leader() ? usage_of(process) : usage_of(task);
    status.pr_utime = time_of(usage.user_ns);
    status.pr_stime = time_of(usage.system_ns);
    {
        TreeGuard guard;
        status.pr_cutime = time_of(process.children_usage.user_ns);
        status.pr_cstime = time_of(process.children_usage.system_ns);
    }
    status.pr_reg = tracee_registers(task);
    status.pr_fpvalid = 1;
    return status;
}

abi::elf_prpsinfo description_of(Task& self) {
    abi::elf_prpsinfo p{};
    p.pr_sname = 'R';
    p.pr_nice = self.nice;
    p.pr_uid = self.credentials().uid;
    p.pr_gid = self.credentials().gid;
    p.pr_pid = self.process().pid();
    p.pr_ppid = parent_pid(self.process());
    p.pr_pgrp = group_of(self, 0).value_or(0);
    p.pr_sid = session_of(self, 0).value_or(0);
    base::copy(p.pr_fname, base::bytes_of(self.name.view()));
    vm::AddressSpace& space = self.address_space();
    const std::span<u8> arguments = std::span(p.pr_psargs).first(sizeof p.pr_psargs - 1);
    const usize length = std::min<usize>(arguments.size(), space.arg_end - space.arg_start);
    if (space.read_remote(UserAddr(space.arg_start), arguments.first(length)).ok())
        std::ranges::replace(arguments.first(length), u8{0}, u8{' '});
    return p;
}

Result<void> add_auxiliary_vector(Task& self, CoreNotes& notes) {
    Vector<u8> bytes;
    TRY(bytes.try_resize(self.process().auxv_bytes));
    const Result<usize> n = self.address_space().read_remote(self.process().auxv_address, bytes.span());
    if (!n.ok()) return {};  // the program took its stack down
    return notes.add("CORE", abi::NT_AUXV, bytes.span().first(*n));
}

Result<void> add_files(Task& self, CoreNotes& notes) {
    CoreFileList files;
    Result<void> result;
    self.address_space().for_each_mapping([&](const vm::MappingInfo& m) {
        object::File* file = object::file_of(m.file);
        if (file == nullptr) return true;
        Result<String> name = file_name(*file);
        result = name.ok() ? files.add(m.start.value, m.end.value, m.offset, name->view()) : name.error();
        return result.ok();
    });
    TRY(result);
    if (files.empty()) return {};
    return notes.add("CORE", abi::NT_FILE, TRY(files.encode()).span());
}

Result<void> add_thread(Task& task, int signo, CoreNotes& notes) {
    return notes.add("CORE", abi::NT_PRSTATUS, base::bytes_of(status_of(task, signo)));
}

Result<void> add_fpu(Task& task, CoreNotes& notes) {
    const std::span<const u8> state = tracee_fpu(task);
    TRY(notes.add("CORE", abi::NT_PRFPREG, state.first(kLegacyFpuSize)));
    return notes.add("LINUX", abi::NT_X86_XSTATE, state);
}

Result<void> collect_notes(Task& self, std::span<Task* const> threads, const SignalInfo& info, CoreNotes& notes) {
    for (Task* task : threads) {
        TRY(add_thread(*task, info.signo, notes));
        if (task == &self) {
            TRY(notes.add("CORE", abi::NT_PRPSINFO, base::bytes_of(description_of(self))));
            TRY(notes.add("CORE", abi::NT_SIGINFO, base::bytes_of(info.to_abi())));
            TRY(add_auxiliary_vector(self, notes));
            TRY(add_files(self, notes));
        }
        TRY(add_fpu(*task, notes));
    }
    return {};
}

// --- Memory ---

struct Segment {
    CoreSegment place;
    bool anonymous;  // pages that are not there are zeroes
};

bool starts_like_elf(vm::AddressSpace& space, UserAddr at) {
    std::array<u8, 4> magic{};
    constexpr std::array<u8, 4> kMagic{abi::ELFMAG0, abi::ELFMAG1, abi::ELFMAG2, abi::ELFMAG3};
    return space.read_remote(at, magic).ok() && magic == kMagic;
}

// How much of a mapping is kept: coredump_filter, MADV_DONTDUMP.
u64 bytes_to_keep(vm::AddressSpace& space, const vm::MappingInfo& m, u32 filter) {
    const u64 whole = m.end.value - m.start.value;
    const auto kept = [&](u32 bit) { return (filter & bit) != 0 ? whole : 0; };
    if (m.name == vm::MappingName::kVdso || m.name == vm::MappingName::kVvar) return whole;
    if (vm::has(m.flags, vm::MapFlags::kDontDump | vm::MapFlags::kDevice)) return 0;
    if (vm::has(m.flags, vm::MapFlags::kHugeTlb))
        return kept(vm::has(m.flags, vm::MapFlags::kShared) ? abi::kDumpHugeShared : abi::kDumpHugePrivate);
    object::File* file = object::file_of(m.file);
    object::Attributes a;
    if (file != nullptr) (void)file->stat(a);
    if (vm::has(m.flags, vm::MapFlags::kShared)) {
        return kept(file == nullptr || a.links == 0 ? abi::kDumpAnonymousShared : abi::kDumpMappedShared);
    }
    const bool touched = space.residency(m.start, m.end).anonymous != 0;
    if (touched && kept(abi::kDumpAnonymousPrivate) != 0) return whole;
    if (file == nullptr) return 0;
    if (kept(abi::kDumpMappedPrivate) != 0) return whole;
    if (kept(abi::kDumpElfHeaders) != 0 && m.offset == 0 && vm::has(m.prot, vm::Prot::kRead) &&
        starts_like_elf(space, m.start)) {
        return kPageSize;
    }
    return 0;
}

u32 flags_of(vm::Prot prot) {
    return (vm::has(prot, vm::Prot::kRead) ? abi::PF_R : 0) | (vm::has(prot, vm::Prot::kWrite) ? abi::PF_W : 0) |
           (vm::has(prot, vm::Prot::kExec) ? abi::PF_X : 0);
}

Result<Vector<Segment>> choose_segments(Task& self) {
    Vector<Segment> segments;
    vm::AddressSpace& space = self.address_space();
    const u32 filter = self.process().core_filter.load(std::memory_order_relaxed);
    Result<void> result;
    space.for_each_mapping([&](const vm::MappingInfo& m) {
        result = segments.try_push({{m.start.value, m.end.value, bytes_to_keep(space, m, filter), flags_of(m.prot)},
                                    (object::file_of(m.file) == nullptr || vm::has(m.flags, vm::MapFlags::kHugeTlb)) &&
                                        !vm::has(m.flags, vm::MapFlags::kShared)});
        return result.ok();
    });
    TRY(result);
    return segments;
}

bool all_zero(std::span<const u8> bytes) {
    return std::ranges::all_of(bytes, [](u8 b) { return b == 0; });
}

// Page by page; what is not there or all zeroes becomes a hole. False: the file takes no more.
bool put_memory(vm::AddressSpace& space, const Segment& segment, std::span<u8> page, CoreOutput& out) {
    constexpr usize kAtOnce = 512;
    std::array<u8, kAtOnce> present;
    const u64 end = segment.place.start + segment.place.bytes;
    for (u64 at = segment.place.start; at < end;) {
        const usize pages = std::min<usize>(kAtOnce, (end - at) / kPageSize);
        present.fill(1);
        if (segment.anonymous && !space.resident(UserAddr(at), std::span(present).first(pages)).ok()) present.fill(0);
        for (usize i = 0; i < pages; i++, at += kPageSize) {
            const bool there = (present[i] & 1) != 0 && space.read_remote(UserAddr(at), page).ok();
            if (!there || all_zero(page)) {
                out.skip(kPageSize);
            } else if (!out.put(page)) {
                return false;
            }
        }
    }
    return true;
}

}  // namespace

Result<String> file_name(object::File& file) {
    struct Sink {
        String text;
        bool failed = false;
    } sink;
    file.describe({[](void* to, std::string_view text) {
                       Sink& s = *static_cast<Sink*>(to);
                       s.failed = s.failed || !s.text.try_append(text).ok();
                   },
                   &sink});
    if (sink.failed) return Errno::kNOMEM;
    return std::move(sink.text);
}

Result<void> write_core(Task& self, std::span<Task* const> threads, const SignalInfo& info, object::File& file) {
    CoreNotes notes;
    TRY(collect_notes(self, threads, info, notes));
    const Vector<Segment> segments = TRY(choose_segments(self));
    Vector<CoreSegment> places;
    TRY(places.try_reserve(segments.size()));
    for (const Segment& s : segments) places.push_reserved(s.place);
    const CoreHeader header = TRY(core_header(places.span(), notes.bytes().size()));
    Vector<u8> page;
    TRY(page.try_resize(kPageSize));

    CoreOutput out(self, file);
    if (!out.put(header.bytes.span()) || !out.put(notes.bytes())) return {};
    out.skip_to(header.data_offset);
    for (const Segment& s : segments) {
        if (!put_memory(self.address_space(), s, page.span(), out)) return {};
    }
    out.finish();
    return {};
}

}  // namespace process
