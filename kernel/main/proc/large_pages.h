// /sys/kernel/mm/transparent_hugepage: what may be mapped by large pages.
// Callers: start-up.
// Locks, context: thread context.
#pragma once

#include "base/result.h"

namespace kernel_main {

Result<void> add_large_page_settings();  // ENOMEM

}  // namespace kernel_main
