#include "fs/log_rights.h"

#include "abi/linux/capability.h"
#include "fs/procfs/setting.h"

namespace fs {
namespace {

constinit procfs::Setting restricted{.value = 1, .least = 0, .most = 1};  // as Debian's kernels begin

}  // namespace

bool may_read_log(const object::Credentials& c) {
    return restricted.get() == 0 || c.capable(abi::CAP_SYSLOG) || c.capable(abi::CAP_SYS_ADMIN);
}

Result<void> add_log_rights() { return procfs::add_setting<restricted>("sys/kernel/dmesg_restrict"); }

}  // namespace fs
