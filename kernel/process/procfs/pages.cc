// /proc/PID/pagemap, clear_refs, numa_maps: a process's pages one by one, and where they are.
// Source: Linux 6.1, Documentation/admin-guide/mm/pagemap.rst; fs/proc/task_mmu.c.
#include "abi/linux/mman.h"
#include "ipc/setting.h"
#include "object/file.h"
#include "object/file_anchor.h"
#include "process/procfs/memory.h"
#include "process/procfs/subject.h"
#include "vm/huge_object.h"

namespace process::procfs {

using base::format_to;

namespace {

constexpr u64 kExclusive = u64{1} << 56, kOfObject = u64{1} << 61, kPresent = u64{1} << 63;
constexpr u64 kFrameMask = (u64{1} << 55) - 1;

class PageMapFile final : public object::File {
  public:
    PageMapFile(Ref<vm::AddressSpace> space, bool shows_frames, u32 flags)
        : File(flags, kSeekable), space_(std::move(space)), shows_frames_(shows_frames) {}

    // Eight bytes for each page of the address space.
    Result<usize> pread(object::IoCtx&, vm::IoWriter& to, u64 offset) override {
        if (offset % sizeof(u64) != 0 || to.remaining() % sizeof(u64) != 0) return Errno::kINVAL;
        if (!space_->try_add_user()) return 0;
        const Result<usize> done = read_entries(to, offset / sizeof(u64));
        space_->drop_user();
        return done;
    }

  private:
    Result<usize> read_entries(vm::IoWriter& to, u64 page) {
        usize done = 0;
        for (; to.remaining() > 0 && page < kUserLimit >> kPageShift; page++) {
            const u64 entry = entry_of(UserAddr(page << kPageShift));
            const Result<usize> n = to.write(base::bytes_of(entry));
            if (!n.ok() || n.value() < sizeof(entry)) return done > 0 ? Result<usize>(done) : Errno::kFAULT;
            done += sizeof(entry);
        }
        return done;
    }
    u64 entry_of(UserAddr address) const {
        const Result<vm::PageState> found = space_->page_state(address);
        if (!found.ok() || !found.value().present) return 0;
        const vm::PageState& state = found.value();
        return kPresent | (state.exclusive ? kExclusive : 0) | (state.of_object ? kOfObject : 0) |
               (shows_frames_ ? state.frame & kFrameMask : 0);
    }

    Ref<vm::AddressSpace> space_;
    const bool shows_frames_;
};

class PageMapNode final : public fs::procfs::FileNode {
  public:
    explicit PageMapNode(const Subject& subject) : FileNode(0400), subject_(subject) {}
    Owner owner() const override { return subject_.owner(); }
    bool alive() const override { return subject_.alive(); }
    u64 number() const override { return node_number(subject_, 11); }
    Result<void> generate(const Caller&, SeqSink&) override { return Errno::kINVAL; }
    Result<OptRef<object::File>> open(const fs::OpenContext& context) override {
        TRY(may_inspect(subject_, context.caller));
        const OptRef<Task> task = subject_.task();
        OptRef<vm::AddressSpace> space = task ? task->address_space_of() : nullptr;
        if (!space) return Errno::kSRCH;
        const bool frames = context.caller.credentials.capable(abi::CAP_SYS_ADMIN);
        Ref<object::File> file = TRY(make_ref<PageMapFile>(space.take(), frames, context.flags));
        return OptRef<object::File>(std::move(file));
    }

  private:
    Subject subject_;
};

void put_policy(const vm::NodePolicy& policy, SeqSink& out) {
    constexpr std::array<std::string_view, 6> kNames = {"default",    "prefer", "bind",
                                                        "interleave", "local",  "prefer (many)"};
    out.write(policy.mode < kNames.size() ? std::span(kNames)[policy.mode] : "unknown");
    if ((policy.flags & abi::MPOL_F_STATIC_NODES) != 0) out.write("=static");
    if ((policy.flags & abi::MPOL_F_RELATIVE_NODES) != 0) out.write("=relative");
    if (policy.nodes != 0) out.write(":0");
}

void put_residency(const vm::AddressSpace::Residency& r, SeqSink& out) {
    const u64 dirty = r.private_dirty + r.shared_dirty;
    if (r.resident != 0) {
        if (r.anonymous != 0) format_to(out, " anon={}", r.anonymous);
        if (dirty != 0) format_to(out, " dirty={}", dirty);
        if (r.resident != r.anonymous && r.resident != dirty) format_to(out, " mapped={}", r.resident);
        if (r.most_mappers > 1) format_to(out, " mapmax={}", r.most_mappers);
        format_to(out, " N0={} kernelpagesize_kB={}", r.resident, kPageSize / 1024);
    }
    out.write("\n");
}

// In huge pages.
void put_huge(const vm::AddressSpace::Residency& r, SeqSink& out) {
    out.write(" huge");
    if (const u64 pages = (r.shared_huge + r.private_huge) / vm::kHugePages; pages != 0)
        format_to(out, " N0={} kernelpagesize_kB={}", pages, vm::kHugeSize / 1024);
    out.write("\n");
}

}  // namespace

Result<Ref<fs::procfs::Node>> make_page_map(const Subject& subject) {
    return Ref<fs::procfs::Node>(TRY(make_ref<PageMapNode>(subject)));
}

Result<void> show_numa_maps(const Subject& subject, const Caller& caller, SeqSink& out) {
    TRY(may_inspect(subject, caller));
    const OptRef<Task> task = subject.task();
    const SpaceUser space(space_of(subject));
    if (!task || !space) return {};
    space->for_each_mapping([&](const vm::MappingInfo& m) {
        format_to(out, "{:08x} ", m.start.value);
        put_policy(m.policy.mode != abi::MPOL_DEFAULT ? m.policy : task->memory_policy, out);
        const std::string_view name = special_name(*space, m);
        if (object::File* file = object::file_of(m.file)) {
            out.write(" file=");
            put_path(*file, out);
        } else if (name == "[heap]") {
            out.write(" heap");
        } else if (name == "[stack]") {
            out.write(" stack");
        }
        if (vm::has(m.flags, vm::MapFlags::kHugeTlb)) {
            put_huge(space->residency(m.start, m.end), out);
        } else {
            put_residency(space->residency(m.start, m.end), out);
        }
        return !out.failed();
    });
    return {};
}

Result<void> clear_references(const Subject& subject, const Caller&, std::string_view text) {
    using Pages = vm::AddressSpace::Pages;
    const std::optional<u64> kind = ipc::parse_setting(text);
    if (!kind || *kind < 1 || *kind > 5) return Errno::kINVAL;
    const SpaceUser space(space_of(subject));
    if (!space) return {};
    switch (*kind) {
        case 1: space->clear_references(Pages::kAll); break;
        case 2: space->clear_references(Pages::kAnonymous); break;
        case 3: space->clear_references(Pages::kFile); break;
        case 4: break;  // soft-dirty bits are not kept: as a kernel without CONFIG_MEM_SOFT_DIRTY
        case 5: space->counters.peak_rss.store(space->counters.resident(), std::memory_order_relaxed); break;
    }
    return {};
}

}  // namespace process::procfs
