// Mapping the vDSO into a new program's address space.
// Callers: process/exec.cc, after the stack is mapped (SpaceLayout set); AT_SYSINFO_EHDR is what it returns.
// Locks, context: thread context, no locks held; takes the space's lock.
#pragma once

#include "base/result.h"
#include "vm/address_space.h"

namespace process {

// Makes the shared objects behind the mappings. Start-up, once, when the heap works. ENOMEM.
Result<void> init_vdso();

// Maps [vvar] and right above it [vdso]; sets space.vdso_base and returns it. ENOMEM. Without init_vdso(): ENOEXEC.
Result<UserAddr> map_vdso(vm::AddressSpace& space);

}  // namespace process
