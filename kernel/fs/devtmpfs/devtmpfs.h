// devtmpfs: the tree of device nodes that the kernel fills and mount -t devtmpfs shows.
// Callers: drivers and platform at start-up and at hotplug; main.
// Locks, context: thread context; may sleep. May be called as soon as fs::init() has run.
#pragma once

#include <string_view>

#include "fs/inode.h"

namespace fs::devtmpfs {

// Creates the node `name` ("null", "hostio/stdin", "input/event0": folders are made) with permission bits `mode` and
// registers the opener for the number. EEXIST, ENOMEM.
Result<void> add(std::string_view name, u32 mode, u32 major, u32 minor, DeviceOpener opener, void* context = nullptr,
                 DeviceKind kind = DeviceKind::kCharacter);
// The node alone, for numbers registered with register_device().
Result<void> add_node(std::string_view name, u32 mode, object::DeviceNumber number,
                      DeviceKind kind = DeviceKind::kCharacter);
Result<void> add_link(std::string_view name, std::string_view target);
Result<void> add_directory(std::string_view name, u32 mode);
void remove(std::string_view name);

}  // namespace fs::devtmpfs
