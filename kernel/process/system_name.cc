#include "process/system_name.h"

#include "fs/mount.h"

namespace process {
namespace {

constexpr u64 kInitialNumber = 4026531838;  // Linux: PROC_UTS_INIT_INO

}  // namespace

Result<Ref<UtsNamespace>> UtsNamespace::create() { return make_ref<UtsNamespace>(Names(), kInitialNumber); }

Result<Ref<UtsNamespace>> UtsNamespace::copy() const {
    return make_ref<UtsNamespace>(names(), fs::next_namespace_number());
}

}  // namespace process
