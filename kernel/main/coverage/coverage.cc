#include "main/coverage/coverage.h"

#include <algorithm>

#include "arch/image.h"
#include "base/bytes.h"
#include "fs/procfs/procfs.h"
#include "object/file.h"

namespace kernel_main::coverage {
namespace {

class CountersFile final : public object::File {
  public:
    explicit CountersFile(u32 flags) : File(flags, kSeekable) {}

    Result<usize> pread(object::IoCtx&, vm::IoWriter& to, u64 offset) override {
        const std::span<u8> counters = arch::coverage_counters();
        if (offset >= counters.size()) return usize{0};
        const std::span<const u8> rest = counters.subspan(offset);
        return to.write(rest.first(std::min(rest.size(), to.remaining())));
    }

    Result<usize> pwrite(object::IoCtx&, vm::IoReader& from, u64&) override {
        base::fill(arch::coverage_counters(), 0);
        const usize taken = from.remaining();
        from.skip(taken);
        return taken;
    }
};

class CountersNode final : public fs::procfs::FileNode {
  public:
    CountersNode() : FileNode(0600) {}
    Result<void> generate(const fs::Caller&, fs::procfs::SeqSink&) override { return Errno::kINVAL; }
    Result<OptRef<object::File>> open(const fs::OpenContext& context) override {
        Ref<object::File> file = TRY(make_ref<CountersFile>(context.flags));
        return OptRef<object::File>(std::move(file));
    }
};

}  // namespace

Result<void> add_proc_file() { return fs::procfs::add_node("coverage", TRY(make_ref<CountersNode>())); }

}  // namespace kernel_main::coverage
