#include "process/namespaces.h"

namespace process {

Result<void> check_new_namespaces(const object::Credentials& credentials, u64 flags) {
    constexpr u64 kHere = static_cast<u64>(abi::CLONE_NEWNS) | abi::CLONE_NEWUTS;
    if ((flags & abi::CLONE_NEWUSER) != 0) return Errno::kINVAL;
    if ((flags & kNamespaceFlags) == 0) return {};
    if (!credentials.capable(abi::CAP_SYS_ADMIN)) return Errno::kPERM;
    if ((flags & kNamespaceFlags & ~kHere) != 0) return Errno::kINVAL;
    return {};
}

}  // namespace process
