#include "drivers/mem/mem.h"

#include "abi/linux/ioctl.h"
#include "abi/linux/random.h"
#include "drivers/mem/kmsg.h"
#include "fs/devtmpfs/devtmpfs.h"
#include "hw/random.h"
#include "object/file.h"
#include "vm/memory_object.h"

namespace drivers::mem {
namespace {

using object::IoCtx;

// Discards everything; an end of file at once.
class NullFile : public object::File {
  public:
    explicit NullFile(u32 flags) : File(flags, kPositioned) {}
    Result<usize> read(IoCtx&, vm::IoWriter&) override { return usize{0}; }
    Result<usize> pread(IoCtx&, vm::IoWriter&, u64) override { return usize{0}; }
    Result<usize> write(IoCtx&, vm::IoReader& from) override { return discard(from); }
    Result<usize> pwrite(IoCtx&, vm::IoReader& from, u64&) override { return discard(from); }
    Result<i64> seek(i64, int) override { return i64{0}; }  // as Linux's null_lseek

  protected:
    static Result<usize> discard(vm::IoReader& from) {
        usize n = from.remaining();
        from.skip(n);
        return n;
    }
};

class ZeroFile : public NullFile {
  public:
    using NullFile::NullFile;
    Result<usize> read(IoCtx&, vm::IoWriter& to) override { return to.write_zero(to.remaining()); }
    Result<usize> pread(IoCtx&, vm::IoWriter& to, u64) override { return to.write_zero(to.remaining()); }
    // A mapping of /dev/zero is anonymous memory.
    bool mappable() const override { return true; }
    Result<Ref<vm::MemoryObject>> map(const object::MapCtx& ctx) override {
        return TRY(vm::AnonymousObject::create(ctx.offset + ctx.length));
    }
};

class FullFile : public ZeroFile {
  public:
    using ZeroFile::ZeroFile;
    Result<usize> write(IoCtx&, vm::IoReader&) override { return Errno::kNOSPC; }
    Result<usize> pwrite(IoCtx&, vm::IoReader&, u64&) override { return Errno::kNOSPC; }
};

// random and urandom alike: the generator is seeded before the first program runs.
class RandomFile : public object::File {
  public:
    explicit RandomFile(u32 flags) : File(flags, kPositioned) {}
    Result<usize> read(IoCtx& ctx, vm::IoWriter& to) override {
        std::array<u8, 512> block;
        usize done = 0;
        while (!to.empty()) {
            auto piece = std::span(block).first(std::min(block.size(), to.remaining()));
            hw::random::fill(piece);
            auto n = to.write(piece);
            if (!n.ok()) return done != 0 ? Result<usize>(done) : n;
            done += *n;
            if (*n < piece.size() || ctx.thread.interrupted()) break;  // a long read ends early at a signal
        }
        base::fill(block, 0);
        return done;
    }
    Result<usize> pread(IoCtx& ctx, vm::IoWriter& to, u64) override { return read(ctx, to); }
    // Mixed in, credited nothing.
    Result<usize> write(IoCtx&, vm::IoReader& from) override {
        std::array<u8, 256> block;
        usize done = 0;
        while (!from.empty()) {
            auto n = from.read(std::span(block).first(std::min(block.size(), from.remaining())));
            if (!n.ok()) return done != 0 ? Result<usize>(done) : n;
            hw::random::stir(std::span(block).first(*n));
            done += *n;
        }
        return done;
    }
    Result<usize> pwrite(IoCtx& ctx, vm::IoReader& from, u64&) override { return write(ctx, from); }
    Result<i64> seek(i64, int) override { return i64{0}; }
    Result<i64> ioctl(object::IoctlCtx& ctx) override {
        if (ctx.cmd != static_cast<u32>(abi::RNDGETENTCNT)) return Errno::kINVAL;
        TRY(vm::UserOut<i32>(ctx.arg).store(256));
        return i64{0};
    }
    bool can_poll() const override { return true; }
};

template <typename T>
Result<Ref<object::File>> open(const fs::DeviceOpenContext& ctx) {
    return TRY(make_ref<T>(ctx.open.flags));
}

}  // namespace

Result<void> init() {
    constexpr u32 kMajor = 1;
    TRY(fs::devtmpfs::add("null", 0666, kMajor, 3, &open<NullFile>));
    TRY(fs::devtmpfs::add("zero", 0666, kMajor, 5, &open<ZeroFile>));
    TRY(fs::devtmpfs::add("full", 0666, kMajor, 7, &open<FullFile>));
    TRY(fs::devtmpfs::add("random", 0666, kMajor, 8, &open<RandomFile>));
    TRY(fs::devtmpfs::add("urandom", 0666, kMajor, 9, &open<RandomFile>));
    return fs::devtmpfs::add("kmsg", 0644, kMajor, 11, &open_kmsg);
}

}  // namespace drivers::mem
