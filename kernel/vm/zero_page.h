// The page of zeroes that all untouched anonymous memory shows to readers.
// Callers: vm alone.
// Locks, context: constant after vm::init.
#pragma once

#include "base/types.h"

namespace vm {
namespace detail {
extern PhysAddr zero_page_address;
}
inline PhysAddr zero_page() { return detail::zero_page_address; }
}  // namespace vm
