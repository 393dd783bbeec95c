// /proc/sys/vm/nr_hugepages, nr_overcommit_hugepages, and /sys/kernel/mm/hugepages: the pool of huge pages.
// Callers: start-up.
// Locks, context: thread context.
#pragma once

#include "base/result.h"

namespace kernel_main {

Result<void> add_huge_page_settings();  // ENOMEM

}  // namespace kernel_main
