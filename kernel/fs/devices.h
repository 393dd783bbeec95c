// Listing of the registered devices, for /proc/devices.
// Callers: procfs.
// Locks, context: thread context.
#pragma once

#include <string_view>

#include "fs/inode.h"

namespace fs {

// fn(major, name, context) in order of the major number.
void for_each_device(DeviceKind kind, void (*fn)(u32 major, std::string_view name, void*), void* context);

}  // namespace fs
