// /proc/coverage: which edges of the kernel's control flow were taken, for fuzzers. A byte for each edge, in the order of
// the image's section .coverage_table; any write clears them all. Only with CONFIG_COVERAGE.
// Callers: main/, a step of start-up.
// Locks, context: thread context. The counters are added to without locks: one taken while they are cleared may be lost.
// Source: clang, SanitizerCoverage, "Inline 8bit-counters", "PC-Table"; Linux has kcov(4) for the same end.
#pragma once

#include "base/result.h"
#include "generated/config.h"

namespace kernel_main::coverage {

#if CONFIG_COVERAGE
// ENOMEM.
Result<void> add_proc_file();
#else
inline Result<void> add_proc_file() { return {}; }
#endif

}  // namespace kernel_main::coverage
