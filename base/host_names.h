// For host tests of floors whose namespaces are also names of C library functions (time, log, sync): include it
// after <gtest/gtest.h> and before the floor's headers.
// Callers: *_test.cc of those floors.
// Locks, context: host only.
#pragma once

#define time linnet_time
#define log linnet_log
#define sync linnet_sync
