#include "drivers/tty/pty.h"

#include <algorithm>
#include <array>

#include "abi/linux/capability.h"
#include "abi/linux/signal.h"
#include "drivers/tty/devpts.h"
#include "drivers/tty/pty_line.h"
#include "drivers/tty/tty.h"
#include "fs/devtmpfs/devtmpfs.h"
#include "fs/operations.h"
#include "process/task.h"

namespace drivers::tty {
namespace {

constexpr usize kMaxPtys = 1024;

// A pair whose master is open.
struct Pair {
    OptRef<Terminal> slave;
    bool locked = true;  // TIOCSPTLCK: the slave cannot be opened yet
};
struct Table {
    std::array<Pair, kMaxPtys> pairs{};
};
constinit sync::Guarded<Table, sched::Mutex<sync::Rank::kDriver>> g_table;

OptRef<Terminal> find_slave(u32 index, bool& locked) {
    auto t = g_table.lock();
    if (index >= kMaxPtys) return nullptr;
    locked = t->pairs[index].locked;
    return t->pairs[index].slave;
}

class MasterFile final : public object::File {
  public:
    MasterFile(u32 flags, u32 index, Ref<PtyLine> line, Ref<Terminal> slave)
        : File(flags), index_(index), line_(std::move(line)), slave_(std::move(slave)) {}

    Result<usize> read(object::IoCtx& ctx, vm::IoWriter& to) override {
        if (to.empty()) return usize{0};
        std::array<u8, 1024> block;
        for (;;) {
            auto taken = line_->take(std::span(block).first(std::min(block.size(), to.remaining())));
            if (taken.count != 0) return to.write(std::span(block).first(taken.count));
            if (taken.slave_gone) return Errno::kIO;
            if (ctx.nonblock()) return Errno::kAGAIN;
            TRY(line_->master_input().queue.wait_interruptible(
                [this] { return line_->ready() != PtyLine::Ready::kNo || line_->slave_gone(); }));
        }
    }

    // As if typed at the slave's keyboard.
    Result<usize> write(object::IoCtx& ctx, vm::IoReader& from) override {
        std::array<u8, 256> block;
        usize done = 0;
        while (!from.empty()) {
            if (!slave_->has_room()) {
                if (ctx.nonblock()) return done != 0 ? Result<usize>(done) : Result<usize>(Errno::kAGAIN);
                auto woken = line_->master_output().queue.wait_interruptible([this] { return slave_->has_room(); });
                if (!woken.ok()) return done != 0 ? Result<usize>(done) : Result<usize>(woken.error());
            }
            auto n = from.read(std::span(block).first(std::min(block.size(), from.remaining())));
            if (!n.ok()) return done != 0 ? Result<usize>(done) : n;
            std::span<const u8> left = std::span(block).first(*n);
            while (!left.empty()) {
                usize taken = slave_->receive(left);
                done += taken;
                left = left.subspan(taken);
                if (left.empty()) break;
                // These bytes were taken from the caller: they must go in, or be given as not written.
                if (ctx.nonblock()) return done;
                auto woken = line_->master_output().queue.wait_interruptible([this] { return slave_->has_room(); });
                if (!woken.ok()) return done != 0 ? Result<usize>(done) : Result<usize>(woken.error());
            }
        }
        return done;
    }

    u32 poll(object::PollTable* table) override {
        if (table != nullptr) {
            table->watch(line_->master_input());
            table->watch(line_->master_output());
        }
        const PtyLine::Ready ready = line_->ready();
        u32 events = ready != PtyLine::Ready::kNo ? object::kPollIn : 0;
        if (ready == PtyLine::Ready::kStatus) events |= abi::POLLPRI;
        if (slave_->has_room()) events |= object::kPollOut;
        if (line_->slave_gone()) events |= object::kPollHangUp;
        return events;
    }
    bool can_poll() const override { return true; }
    bool can_signal() const override { return true; }

    Result<i64> ioctl(object::IoctlCtx& ctx) override;

    void on_closed() override {
        {
            auto t = g_table.lock();
            t->pairs[index_].slave.reset();
        }
        devpts::remove(index_);
        line_->close_master();
        slave_->hang_up();
    }

    void describe(base::FormatSink sink) override { sink.write(sink.self, "/dev/ptmx"); }

  private:
    Result<i64> open_peer(object::IoctlCtx& ctx);
    u32 index_;
    Ref<PtyLine> line_;
    Ref<Terminal> slave_;
};

Result<i64> MasterFile::ioctl(object::IoctlCtx& ctx) {
    switch (ctx.cmd) {
        case abi::TIOCGPTN: TRY(vm::UserOut<u32>(ctx.arg).store(index_)); return i64{0};
        case abi::TIOCSPTLCK: {
            i32 lock = TRY(vm::UserIn<i32>(ctx.arg).fetch());
            g_table.lock()->pairs[index_].locked = lock != 0;
            return i64{0};
        }
        case abi::TIOCGPTLCK: {
            i32 locked = g_table.lock()->pairs[index_].locked ? 1 : 0;
            TRY(vm::UserOut<i32>(ctx.arg).store(locked));
            return i64{0};
        }
        case abi::TIOCGPTPEER: return open_peer(ctx);
        case abi::TIOCINQ: {
            i32 n = static_cast<i32>(line_->available());
            TRY(vm::UserOut<i32>(ctx.arg).store(n));
            return i64{0};
        }
        case abi::TIOCSIG:
            if (ctx.arg.value < 1 || ctx.arg.value > 64) return Errno::kINVAL;
            process::signal_foreground(*slave_, static_cast<int>(ctx.arg.value));
            return i64{0};
        case abi::TIOCPKT: line_->set_packet_mode(TRY(vm::UserIn<i32>(ctx.arg).fetch()) != 0); return i64{0};
        case abi::TIOCGPKT: TRY(vm::UserOut<i32>(ctx.arg).store(line_->packet_mode() ? 1 : 0)); return i64{0};
        case abi::TIOCSCTTY:
        case abi::TIOCNOTTY: return Errno::kNOTTY;
        // Of the slave's session: the master is nobody's controlling terminal, so that whoever has it may ask.
        case abi::TIOCGPGRP:
            TRY(vm::UserOut<i32>(ctx.arg).store(std::max(process::foreground_group_of(*slave_), 0)));
            return i64{0};
        case abi::TIOCGSID: TRY(vm::UserOut<i32>(ctx.arg).store(TRY(process::session_of(*slave_)))); return i64{0};
        default:
            // Settings, window size, queues: the slave's.
            return slave_->ioctl(ctx, Terminal::kImmune);
    }
}

// The slave by its usual name, so that /proc/self/fd/N shows it (ttyname(3)); where devpts is not mounted
// there, without a name.
Result<Ref<object::File>> open_slave_for(process::Task& task, const fs::OpenContext& open, u32 index, Terminal& slave) {
    FixedString<24> name;
    base::format_to(name, "/dev/pts/{}", index);
    auto path = fs::walk({task.fs(), open.caller}, name.view(), fs::kFollow);
    if (path.ok() && path->inode().special() == slave.number())
        return fs::open_place(open.caller, *path, {.flags = open.flags});
    return open_terminal(slave, open);
}

// TIOCGPTPEER: the slave as a descriptor, whatever is mounted on /dev/pts.
Result<i64> MasterFile::open_peer(object::IoctlCtx& ctx) {
    process::Task* task = process::task_of(ctx.thread);
    if (task == nullptr) return Errno::kNOTTY;
    u32 flags = static_cast<u32>(ctx.arg.value);
    const fs::OpenContext open{{ctx.thread, ctx.credentials}, flags | abi::O_NOCTTY};
    Ref<object::File> file = TRY(open_slave_for(*task, open, index_, *slave_));
    int fd = TRY(task->files().install(std::move(file), (flags & abi::O_CLOEXEC) != 0));
    return i64{fd};
}

Result<Ref<object::File>> open_master(const fs::DeviceOpenContext& ctx) {
    abi::termios2 settings = standard_settings();
    settings.c_cflag &= ~static_cast<u32>(abi::HUPCL);  // a pty has no line to hang up
    Ref<PtyLine> line = TRY(make_ref<PtyLine>());
    u32 index = 0;
    OptRef<Terminal> slave;
    {
        auto t = g_table.lock();
        while (index < kMaxPtys && t->pairs[index].slave) index++;
        if (index == kMaxPtys) return Errno::kNOSPC;
        line->add_ref();  // the terminal's, given back by release()
        auto made = make_ref<Terminal>(*line, object::DeviceNumber{kPtyMajor, index}, settings);
        if (!made.ok()) {
            line->drop_ref();
            return made.error();
        }
        slave = made.take();
        t->pairs[index].slave = slave;
        t->pairs[index].locked = true;
    }
    auto give_back = [index](Errno e) {
        g_table.lock()->pairs[index].slave.reset();
        return e;
    };
    auto node = devpts::add(index, {kPtyMajor, index}, ctx.open.caller.credentials.fsuid);
    if (!node.ok()) return give_back(node.error());
    auto file = make_ref<MasterFile>(ctx.open.flags, index, line, slave.ref());
    if (!file.ok()) {
        devpts::remove(index);
        return give_back(file.error());
    }
    return file.take();
}

Result<Ref<object::File>> open_slave(const fs::DeviceOpenContext& ctx) {
    bool locked = false;
    OptRef<Terminal> slave = find_slave(ctx.number.minor, locked);
    if (!slave || locked) return Errno::kIO;
    return open_terminal(*slave, ctx.open);
}

}  // namespace

Result<void> init_ptys() {
    TRY(devpts::init());
    TRY(fs::register_device(fs::DeviceKind::kCharacter, {kPtyMajor, 0}, kMaxPtys, "pts", &open_slave));
    return fs::devtmpfs::add("ptmx", 0666, kAuxMajor, kPtmxMinor, &open_master);
}

}  // namespace drivers::tty
