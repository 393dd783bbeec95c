// Assertions: for what the program itself guarantees, never for input.
// Callers: everyone.
// Locks, context: any; a failed assertion does not return.
#pragma once

#ifdef LINNET_HOST
#define LINNET_DEBUG_ASSERTIONS 1
#else
#include "generated/config.h"
#define LINNET_DEBUG_ASSERTIONS CONFIG_DEBUG
#endif

// Defined by log/ in the kernel and by base/host on the host: prints the text and stops the machine.
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

#define ASSERT(expr) ((expr) ? (void)0 : assertion_failed(#expr, __FILE__, __LINE__))
// Checked in the debug and kasan presets and on the host only: for hot paths.
#define DEBUG_ASSERT(expr) (!LINNET_DEBUG_ASSERTIONS || (expr) ? (void)0 : assertion_failed(#expr, __FILE__, __LINE__))
