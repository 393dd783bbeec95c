// The mount tables of /proc/PID/{mounts,mountinfo,mountstats}.
#include "abi/linux/mount.h"
#include "fs/procfs/procfs.h"

namespace fs::procfs {
namespace {

// Spaces and the like as octal escapes (Linux: mangle).
void write_escaped(SeqSink& s, std::string_view text) {
    for (char c : text) {
        if (c == ' ' || c == '\t' || c == '\n' || c == '\\' || c == '#') {
            base::format_to(s, "\\{:03o}", u32{static_cast<u8>(c)});
        } else {
            s.write({&c, 1});
        }
    }
}

void write_flags(SeqSink& s, const Mount& m) {
    const u64 f = m.flags();
    s.write((f & abi::MS_RDONLY) != 0 ? "ro" : "rw");
    if (f & abi::MS_NOSUID) s.write(",nosuid");
    if (f & abi::MS_NODEV) s.write(",nodev");
    if (f & abi::MS_NOEXEC) s.write(",noexec");
    if (f & abi::MS_NOATIME) s.write(",noatime");
    if (f & abi::MS_NODIRATIME) s.write(",nodiratime");
    if ((f & (abi::MS_NOATIME | abi::MS_STRICTATIME)) == 0) s.write(",relatime");
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

void write_line(const MountInfo& info, void* context) {
    Job& job = *static_cast<Job*>(context);
    SeqSink& s = job.sink;
    const Mount& m = info.mount;
    const Path place{Ref<Mount>(const_cast<Mount&>(m)), Ref<Dentry>(m.root())};
    Result<PathText> at = path_text(place, job.root, false);
    // What lies outside of the reader's root is not shown.
    if (!at.ok() || at.value().kind != PathKind::kReachable) return;
    const std::string_view where = at.value().text.view();
    const std::string_view source = m.source().empty() ? std::string_view("none") : m.source();
    if (job.kind == MountTextKind::kMountStats) {
        s.write("device ");
        write_escaped(s, source);
        s.write(" mounted on ");
        write_escaped(s, where);
        base::format_to(s, " with fstype {}\n", m.super().type_name());
        return;
    }
    if (job.kind == MountTextKind::kMounts) {
        write_escaped(s, source);
        s.write(" ");
        write_escaped(s, where);
        base::format_to(s, " {} ", m.super().type_name());
        write_flags(s, m);
        m.super().show_options(sink_of(s));
        s.write(" 0 0\n");
        return;
    }
    const object::DeviceNumber d = m.super().device();
    base::format_to(s, "{} {} {}:{} ", m.id(), info.parent != nullptr ? info.parent->id() : m.id(), d.major, d.minor);
    // The part of the file system that is shown: not "/" for bind mounts.
    s.write("/");
    if (!m.root().is_root()) write_escaped(s, m.root().name());
    s.write(" ");
    write_escaped(s, where);
    s.write(" ");
    write_flags(s, m);
    base::format_to(s, " - {} ", m.super().type_name());
    write_escaped(s, source);
    s.write(m.super().read_only() ? " ro" : " rw");
    m.super().show_options(sink_of(s));
    s.write("\n");
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
