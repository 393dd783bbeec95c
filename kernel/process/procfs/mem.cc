// /proc/PID/mem: another process's memory as a file (Linux: fs/proc/base.c, mem_open, mem_rw).
#include "object/file.h"
#include "process/procfs/subject.h"
#include "process/trace.h"

namespace process::procfs {

namespace {

constexpr usize kPiece = 1024;  // bytes that go by the kernel's stack at a time

class MemoryFile final : public object::File {
  public:
    MemoryFile(Ref<vm::AddressSpace> space, u32 flags) : File(flags, kSeekable), space_(std::move(space)) {}

    Result<usize> pread(object::IoCtx&, vm::IoWriter& to, u64 offset) override {
        return move(to.remaining(), offset, [&](UserAddr at, std::span<u8> buffer) -> usize {
            const usize n = space_->read_remote(at, buffer).value_or(0);
            return to.write(buffer.first(n)).value_or(0);
        });
    }
    Result<usize> pwrite(object::IoCtx&, vm::IoReader& from, u64& offset) override {
        return move(from.remaining(), offset, [&](UserAddr at, std::span<u8> buffer) -> usize {
            const usize n = from.read(buffer).value_or(0);
            return space_->write_remote(at, buffer.first(n), true).value_or(0);
        });
    }

  private:
    // EIO: nothing is there. 0: the process has left its memory.
    template <typename Piece>
    Result<usize> move(usize count, u64 offset, Piece piece) {
        if (count == 0 || !space_->try_add_user()) return 0;
        std::array<u8, kPiece> buffer;
        usize done = 0;
        while (done < count) {
            const usize want = std::min(count - done, kPiece);
            const usize n = piece(UserAddr(offset + done), std::span(buffer).first(want));
            done += n;
            if (n < want) break;
        }
        space_->drop_user();
        return done > 0 ? Result<usize>(done) : Errno::kIO;
    }

    Ref<vm::AddressSpace> space_;
};

class MemoryNode final : public fs::procfs::FileNode {
  public:
    explicit MemoryNode(const Subject& subject) : FileNode(0600), subject_(subject) {}
    Owner owner() const override { return subject_.owner(); }
    bool alive() const override { return subject_.alive(); }
    u64 number() const override { return node_number(subject_, 9); }
    Result<void> generate(const Caller&, SeqSink&) override { return Errno::kINVAL; }
    Result<OptRef<object::File>> open(const fs::OpenContext& context) override {
        const OptRef<Task> task = subject_.task();
        if (!task) return Errno::kSRCH;
        Task* caller = task_of(context.caller.thread);
        Process* process = caller != nullptr ? &caller->process() : nullptr;
        if (!may_trace(context.caller.credentials, process, *task, AccessIds::kFileSystem)) return Errno::kACCES;
        OptRef<vm::AddressSpace> space = task->address_space_of();
        if (!space) return Errno::kSRCH;
        Ref<object::File> file = TRY(make_ref<MemoryFile>(space.take(), context.flags));
        return OptRef<object::File>(std::move(file));
    }

  private:
    Subject subject_;
};

}  // namespace

Result<Ref<fs::procfs::Node>> make_memory_file(const Subject& subject) {
    return Ref<fs::procfs::Node>(TRY(make_ref<MemoryNode>(subject)));
}

}  // namespace process::procfs
