#include "main/proc/huge_pages.h"

#include "fs/procfs/setting.h"
#include "fs/sysfs/sysfs.h"
#include "memory/huge_pool.h"

namespace kernel_main {
namespace {

using fs::Caller;
using fs::procfs::SeqSink;
using memory::HugeCounts;
namespace pool = memory::huge_pool;

template <auto kGet>
Result<void> show(const Caller&, SeqSink& s) {
    base::format_to(s, "{}\n", kGet(pool::counts()));
    return {};
}
template <void (&kSet)(u64)>
Result<void> write(const Caller&, std::string_view text) {
    const std::optional<u64> n = fs::procfs::parse_setting(text);
    if (!n) return Errno::kINVAL;
    kSet(*n);
    return {};
}

constexpr auto kTotal = [](const HugeCounts& c) { return c.total; };
constexpr auto kPersistent = [](const HugeCounts& c) { return c.persistent(); };
constexpr auto kFree = [](const HugeCounts& c) { return c.free; };
constexpr auto kReserved = [](const HugeCounts& c) { return c.reserved; };
constexpr auto kSurplus = [](const HugeCounts& c) { return c.surplus; };
constexpr auto kMostSurplus = [](const HugeCounts& c) { return c.most_surplus; };

}  // namespace

// Linux: Documentation/admin-guide/mm/hugetlbpage.rst. The file of /proc shows what is kept, that of /sys all there is.
Result<void> add_huge_page_settings() {
    namespace proc = fs::procfs;
    TRY(proc::add_file("sys/vm/nr_hugepages", show<kPersistent>, 0644, write<pool::resize>));
    TRY(proc::add_file("sys/vm/nr_overcommit_hugepages", show<kMostSurplus>, 0644, write<pool::set_most_surplus>));
#define DIRECTORY "kernel/mm/hugepages/hugepages-2048kB/"
    TRY(fs::sysfs::add_file(DIRECTORY "nr_hugepages", show<kTotal>, 0644, write<pool::resize>));
    TRY(fs::sysfs::add_file(DIRECTORY "nr_overcommit_hugepages", show<kMostSurplus>, 0644,
                            write<pool::set_most_surplus>));
    TRY(fs::sysfs::add_file(DIRECTORY "free_hugepages", show<kFree>));
    TRY(fs::sysfs::add_file(DIRECTORY "resv_hugepages", show<kReserved>));
    return fs::sysfs::add_file(DIRECTORY "surplus_hugepages", show<kSurplus>);
#undef DIRECTORY
}

}  // namespace kernel_main
