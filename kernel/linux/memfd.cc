// memfd_create.
#include "linux/file_args.h"
#include "linux/huge_pages.h"
#include "vm/huge_object.h"

namespace linux_abi {

Result<i64> sys_memfd_create(Ctx& ctx, vm::UserCString uname, u32 flags) {
    u32 known = abi::MFD_CLOEXEC | abi::MFD_ALLOW_SEALING | abi::MFD_HUGETLB;
    const bool huge = (flags & abi::MFD_HUGETLB) != 0;
    if (huge) known |= u32{abi::MFD_HUGE_MASK} << abi::MFD_HUGE_SHIFT;
    if ((flags & ~known) != 0) return Errno::kINVAL;
    constexpr std::string_view kPrefix = "memfd:";
    constexpr usize kMost = abi::NAME_MAX - kPrefix.size();
    std::array<char, abi::NAME_MAX + 1> text;
    std::copy(kPrefix.begin(), kPrefix.end(), text.begin());
    Result<usize> n = uname.fetch(std::span(text).subspan(kPrefix.size(), kMost + 1));
    if (!n.ok()) return n.error() == Errno::kNAMETOOLONG ? Errno::kINVAL : n.error();
    const u32 seals = (flags & abi::MFD_ALLOW_SEALING) != 0 ? 0 : u32{abi::F_SEAL_SEAL};
    const std::string_view name(text.data(), kPrefix.size() + n.value());
    if (huge && huge_page_size(flags) != vm::kHugeSize) return Errno::kNODEV;
    Ref<object::File> file = huge ? TRY(fs::create_huge_file(caller_of(ctx), name, 0, seals))
                                  : TRY(fs::create_memory_file(caller_of(ctx), name, seals));
    return TRY(ctx.task.files().install(std::move(file), (flags & abi::MFD_CLOEXEC) != 0));
}

}  // namespace linux_abi
