// The vDSO in an address space.
// Callers: process/exec.cc.
// Locks, context: thread context.
#pragma once

#include "base/result.h"

namespace vm {
class AddressSpace;
}

namespace process {

// Maps data page and image at a random place above the stack; the image's address. ENOMEM.
Result<u64> map_vdso(vm::AddressSpace& space);

}  // namespace process
