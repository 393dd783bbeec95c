// memfd_create.
#include "linux/file_args.h"

namespace linux_abi {

Result<i64> sys_memfd_create(Ctx& ctx, vm::UserCString uname, u32 flags) {
    if ((flags & ~u32{abi::MFD_CLOEXEC | abi::MFD_ALLOW_SEALING}) != 0) return Errno::kINVAL;
    constexpr std::string_view kPrefix = "memfd:";
    constexpr usize kMost = abi::NAME_MAX - kPrefix.size();
    std::array<char, abi::NAME_MAX + 1> text;
    std::copy(kPrefix.begin(), kPrefix.end(), text.begin());
    Result<usize> n = uname.fetch(std::span(text).subspan(kPrefix.size(), kMost + 1));
    if (!n.ok()) return n.error() == Errno::kNAMETOOLONG ? Errno::kINVAL : n.error();
    const u32 seals = (flags & abi::MFD_ALLOW_SEALING) != 0 ? 0 : u32{abi::F_SEAL_SEAL};
    Ref<object::File> file =
        TRY(fs::create_memory_file(caller_of(ctx), {text.data(), kPrefix.size() + n.value()}, seals));
    return TRY(ctx.task.files().install(std::move(file), (flags & abi::MFD_CLOEXEC) != 0));
}

}  // namespace linux_abi
