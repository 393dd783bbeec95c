// Protection keys of an address space (pkeys(7); Linux: arch/x86/mm/pkeys.c).
#include <bit>

#include "arch/cpu.h"
#include "arch/protection_keys.h"
#include "vm/address_space.h"

namespace vm {

bool AddressSpace::key_allocated(i32 key) const {
    if (!arch::features().protection_keys || key < 0 || key >= static_cast<i32>(arch::kProtectionKeys)) return false;
    return (key == 0 || key != execute_only_key_) && (keys_ >> key & 1) != 0;
}

Result<u32> AddressSpace::allocate_key() {
    sync::LockGuard guard(lock_);
    const u32 key = static_cast<u32>(std::countr_one(keys_));
    if (!arch::features().protection_keys || key >= arch::kProtectionKeys) return Errno::kNOSPC;
    keys_ |= 1u << key;
    return key;
}

Result<void> AddressSpace::free_key(i32 key) {
    sync::LockGuard guard(lock_);
    if (!key_allocated(key)) return Errno::kINVAL;
    keys_ &= ~(1u << key);
    return {};
}

u8 AddressSpace::execute_only_key() {
    if (!arch::features().protection_keys) return 0;
    if (execute_only_key_ == 0) {
        const u32 key = static_cast<u32>(std::countr_one(keys_));
        if (key >= arch::kProtectionKeys) return 0;
        keys_ |= 1u << key;
        execute_only_key_ = static_cast<u8>(key);
    }
    const u32 pkru = arch::read_pkru();
    if (arch::key_allows(pkru, execute_only_key_, false))
        arch::write_pkru(arch::with_key_denied(pkru, execute_only_key_, static_cast<u32>(arch::KeyDenial::kAccess)));
    return execute_only_key_;
}

u8 AddressSpace::key_after(const Mapping& m, Prot prot, i32 asked) {
    if (asked != kSameKey) return static_cast<u8>(asked);
    if (prot == Prot::kExec) {
        if (const u8 key = execute_only_key()) return key;
    } else if (m.prot == Prot::kExec && m.key == execute_only_key_) {
        return 0;
    }
    return m.key;
}

}  // namespace vm
