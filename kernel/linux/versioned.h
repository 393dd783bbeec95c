// Structures whose size the caller passes because later kernels append fields to them.
// Callers: the families of this folder.
// Locks, context: system-call context; each byte is copied from user memory once.
// Source: Linux, include/linux/uaccess.h: copy_struct_from_user().
#pragma once

#include <algorithm>

#include "base/bytes.h"
#include "generated/syscall_prototypes.h"

namespace linux_abi {

// Fields that the caller does not know are zero; those that we do not know must be (E2BIG). EFAULT. The caller of this
// checks the least and the greatest size.
template <typename T>
Result<T> fetch_versioned(UserAddr from, usize size) {
    T value{};
    const std::span<u8> bytes = base::writable_bytes_of(value);
    const usize known = std::min(size, bytes.size());
    const vm::UserSpan user{from, size};
    TRY(user.copy_in(bytes.first(known)));
    for (usize at = known; at < size; at++) {
        u8 byte = 0;
        TRY(user.copy_in(std::span(&byte, 1), at));
        if (byte != 0) return Errno::k2BIG;
    }
    return value;
}

}  // namespace linux_abi
