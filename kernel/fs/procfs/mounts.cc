// The mount tables of /proc/PID/{mounts,mountinfo,mountstats}.
#include "abi/linux/mount.h"
#include "fs/mount_operations.h"
#include "fs/procfs/procfs.h"

namespace fs::procfs {
namespace {

// Spaces and the like as octal escapes (Linux: mangle).
void write_escaped(SeqSink& s, std::string_view text) {
    for (char c : text) {
        if (c == ' ' || c == '\t' || c == '\n' || c == '\\') {
            base::format_to(s, "\\{:03o}", u32{static_cast<u8>(c)});
        } else {
            s.write({&c, 1});
        }
    }
}

void write_flags(SeqSink& s, u64 f) {
    if (f & abi::MS_NOSUID) s.write(",nosuid");
    if (f & abi::MS_NODEV) s.write(",nodev");
    if (f & abi::MS_NOEXEC) s.write(",noexec");
    if (f & abi::MS_NOATIME) s.write(",noatime");
    if (f & abi::MS_NODIRATIME) s.write(",nodiratime");
    if (f & abi::MS_RELATIME) s.write(",relatime");
    if (f & abi::MS_NOSYMFOLLOW) s.write(",nosymfollow");
}

base::FormatSink sink_of(SeqSink& s) {
    return {[](void* to, std::string_view text) { static_cast<SeqSink*>(to)->write(text); }, &s};
}

struct Job {
    SeqSink& sink;
    MountTextKind kind;
    const Path& root;
};

void write_statistics(SeqSink& s, const Mount& m, std::string_view where) {
    s.write("device ");
    write_escaped(s, m.source());
    s.write(" mounted on ");
    write_escaped(s, where);
    base::format_to(s, " with fstype {}\n", m.super().type_name());
}

void write_mount(SeqSink& s, const Mount& m, std::string_view where) {
    write_escaped(s, m.source());
    s.write(" ");
    write_escaped(s, where);
    base::format_to(s, " {} ", m.super().type_name());
    s.write(m.read_only() ? "ro" : "rw");
    write_flags(s, m.flags());
    m.super().show_options(sink_of(s));
    s.write(" 0 0\n");
}

// The lowest group that mounts below `root` hear from when their own master is out of sight (Linux: propagate_from)
// is left out: it only tells of other namespaces.
void write_info(SeqSink& s, const Mount& m, std::string_view where) {
    const object::DeviceNumber d = m.super().device();
    base::format_to(s, "{} {} {}:{} ", m.id(), m.parent() != nullptr ? m.parent()->id() : m.id(), d.major, d.minor);
    // The part of the file system that is shown: not "/" for bind mounts.
    const Result<PathText> part = path_in_super(m.root());
    write_escaped(s, part.ok() ? part.value().text.view() : std::string_view("/"));
    if (part.ok() && part.value().kind == PathKind::kDeleted) s.write("//deleted");
    s.write(" ");
    write_escaped(s, where);
    s.write((m.flags() & abi::MS_RDONLY) != 0 ? " ro" : " rw");
    write_flags(s, m.flags());
    if (m.shared()) base::format_to(s, " shared:{}", m.group_id());
    if (m.slave()) base::format_to(s, " master:{}", m.master_id());
    if (m.unbindable()) s.write(" unbindable");
    base::format_to(s, " - {} ", m.super().type_name());
    write_escaped(s, m.source());
    s.write(m.super().read_only() ? " ro" : " rw");
    m.super().show_options(sink_of(s));
    s.write("\n");
}

void write_line(const Mount& m, void* context) {
    const Job& job = *static_cast<const Job*>(context);
    const Path place{Ref<Mount>(const_cast<Mount&>(m)), Ref<Dentry>(m.root())};
    const Result<PathText> at = path_text(place, job.root, false);
    // What lies outside of the reader's root is not shown.
    if (!at.ok() || at.value().kind == PathKind::kUnreachable) return;
    const std::string_view where = at.value().text.view();
    switch (job.kind) {
        case MountTextKind::kMountStats: return write_statistics(job.sink, m, where);
        case MountTextKind::kMounts: return write_mount(job.sink, m, where);
        case MountTextKind::kMountInfo: return write_info(job.sink, m, where);
    }
}

}  // namespace

Result<void> write_mounts(FsContext& context, MountTextKind kind, SeqSink& sink) {
    const Path root = context.root();
    Job job{sink, kind, root};
    for_each_mount(context.space(), write_line, &job);
    if (sink.failed()) return Errno::kNOMEM;
    return {};
}

}  // namespace fs::procfs
