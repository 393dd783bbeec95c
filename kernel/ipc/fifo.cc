// FIFOs: one pipe for all who have an inode open, and the rules of waiting in open (fifo(7)).
#include "fs/inode.h"
#include "ipc/pipe.h"

namespace ipc {
namespace {

struct Fifo {
    explicit Fifo(fs::Inode& i, Ref<Pipe> p) : inode(&i), pipe(std::move(p)) {}
    fs::Inode* inode;
    Ref<Pipe> pipe;
    u32 users = 0;  // files, and openers that wait
    ListNode node;
};

struct Registry {
    IntrusiveList<Fifo, &Fifo::node> fifos;
};
constinit sync::Guarded<Registry, sched::Mutex<sync::Rank::kRegistry>> registry;

Fifo* find(Registry& r, fs::Inode& inode) {
    for (Fifo& fifo : r.fifos) {
        if (fifo.inode == &inode) return &fifo;
    }
    return nullptr;
}

// Counts as a user of the inode's pipe while it lives.
class FifoUse {
  public:
    static Result<Own<FifoUse>> begin(fs::Inode& inode) {
        Own<FifoUse> use = TRY(make_own<FifoUse>());
        auto r = registry.lock();
        Fifo* fifo = find(*r, inode);
        if (fifo == nullptr) {
            Ref<Pipe> pipe = TRY(Pipe::create());
            Own<Fifo> fresh = TRY(make_own<Fifo>(inode, std::move(pipe)));
            fifo = fresh.release();
            r->fifos.push_back(*fifo);
        }
        fifo->users++;
        use->fifo_ = fifo;
        return use;
    }
    ~FifoUse() {
        if (fifo_ == nullptr) return;
        Own<Fifo> last;
        auto r = registry.lock();
        if (--fifo_->users != 0) return;
        r->fifos.remove(*fifo_);
        last.reset(fifo_);
        r.unlock();
    }
    Pipe& pipe() const { return *fifo_->pipe; }

  private:
    Fifo* fifo_ = nullptr;
};

class FifoFile final : public PipeFile {
  public:
    FifoFile(Own<FifoUse> use, u32 flags) : PipeFile(Ref<Pipe>(use->pipe()), flags, 0, 0), use_(std::move(use)) {}
    void on_closed() override {
        PipeFile::on_closed();
        use_.reset();  // here, for it may sleep
    }

  private:
    Own<FifoUse> use_;
};

// fs/pipe.c, fifo_open. Opening for both never waits; a writer that may not wait needs a reader.
Result<Ref<object::File>> open_fifo(const fs::OpenContext& ctx, fs::Inode& inode) {
    Own<FifoUse> use = TRY(FifoUse::begin(inode));
    Pipe& pipe = use->pipe();
    const u32 mode = ctx.flags & abi::O_ACCMODE;
    if (mode == abi::O_WRONLY && !ctx.may_block() && !pipe.has_readers()) return Errno::kNXIO;
    // Who is there is seen before the others see this file: one that waited for it may be done and gone in no time. The
    // counts come first: who opens it now is either counted later or seen.
    const u32 readers_before = pipe.readers_opened();
    const u32 writers_before = pipe.writers_opened();
    const bool had_readers = pipe.has_readers(), had_writers = pipe.has_writers();
    Ref<FifoFile> file = TRY(make_ref<FifoFile>(std::move(use), ctx.flags));
    // Whoever waits for the other side looks again.
    pipe.read_side.queue.wake_all();
    pipe.write_side.queue.wake_all();
    if (mode == abi::O_RDWR || !ctx.may_block()) return Ref<object::File>(std::move(file));
    Result<void> waited;
    if (mode == abi::O_RDONLY && !had_writers) {
        waited = pipe.read_side.queue.wait_interruptible([&] { return pipe.writers_opened() != writers_before; });
    } else if (mode == abi::O_WRONLY && !had_readers) {
        waited = pipe.write_side.queue.wait_interruptible([&] { return pipe.readers_opened() != readers_before; });
    }
    if (!waited.ok()) {
        file->on_closed();
        return waited.error();
    }
    return Ref<object::File>(std::move(file));
}

}  // namespace

void register_fifos() { fs::set_fifo_opener(open_fifo); }

}  // namespace ipc
