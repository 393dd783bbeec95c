// Included before everything in kernel code (-include): keeps libstdc++'s hosted parts, and with them glibc's global
// names (sync, time, log), out of the kernel's namespaces.
// Callers: the build alone.
// Locks, context: none.
#pragma once

#if defined(__cplusplus) && !defined(LINNET_HOST)
#include <bits/c++config.h>
// Without these <atomic> pulls in pthread.h and unistd.h for waiting on atomics, which a kernel has no use for.
#undef _GLIBCXX_HAS_GTHREADS
#undef _GLIBCXX_HAVE_LINUX_FUTEX
#endif
