// /proc/PID/fail-nth, /proc/PID/task/TID/fail-nth: makes the n-th allocation of a thread fail, and says how many are
// still to come before that (0: it has failed). Reading and writing allocate nothing, so that they do not count.
// Source: Linux 6.1, Documentation/fault-injection/fault-injection.rst; fs/proc/base.c, proc_fail_nth_write.
#include "ipc/setting.h"
#include "memory/inject.h"
#include "object/file.h"
#include "process/procfs/subject.h"

namespace process::procfs {

namespace {

class FailNthFile final : public object::File {
  public:
    FailNthFile(Ref<Task> task, u32 flags) : File(flags, kSeekable), task_(std::move(task)) {}

    Result<usize> pread(object::IoCtx&, vm::IoWriter& to, u64 offset) override {
        FixedString<16> text;
        base::format_to(text, "{}\n", task_->fail_nth.load(std::memory_order_relaxed));
        if (offset >= text.size()) return 0;
        return to.write(base::bytes_of(text.view().substr(offset)));
    }
    Result<usize> pwrite(object::IoCtx&, vm::IoReader& from, u64&) override {
        std::array<u8, 16> bytes;
        const usize count = from.remaining();
        if (count > bytes.size()) return Errno::kINVAL;
        const usize n = TRY(from.read(std::span(bytes).first(count)));
        const std::optional<u64> value = ipc::parse_setting(base::text_of(std::span<const u8>(bytes).first(n)));
        if (!value || *value > ~u32{0}) return Errno::kINVAL;
        task_->fail_nth.store(static_cast<u32>(*value), std::memory_order_relaxed);
        return n;
    }

  private:
    Ref<Task> task_;
};

class FailNthNode final : public fs::procfs::FileNode {
  public:
    explicit FailNthNode(const Subject& subject) : FileNode(0644), subject_(subject) {}
    Owner owner() const override { return subject_.owner(); }
    bool alive() const override { return subject_.alive(); }
    u64 number() const override { return node_number(subject_, 10); }
    Result<void> generate(const Caller&, SeqSink&) override { return Errno::kINVAL; }
    Result<OptRef<object::File>> open(const fs::OpenContext& context) override {
        OptRef<Task> task = subject_.task();
        if (!task) return Errno::kSRCH;
        Ref<object::File> file = TRY(make_ref<FailNthFile>(task.take(), context.flags));
        return OptRef<object::File>(std::move(file));
    }

  private:
    Subject subject_;
};

}  // namespace

Result<Ref<fs::procfs::Node>> make_fail_nth_file(const Subject& subject) {
    return Ref<fs::procfs::Node>(TRY(make_ref<FailNthNode>(subject)));
}

}  // namespace process::procfs
