// The world that a program finds: descriptors of every kind under fixed numbers, a folder of files in tmpfs, memory at
// fixed addresses, one child.
// Made by the child that is to run the program; its descriptors are known to the generator.
// One thread.
#pragma once

#include <span>

#include "grammar.h"

namespace fuzz {

struct WorldDescriptor {
    int number;
    const char* resource;  // the kind, as in kResourceNames
    const char* name;      // for people
};

std::span<const WorldDescriptor> world_descriptors();
std::span<const char* const> world_paths();

/// Process ids are above it, so that they are told from other numbers.
constexpr int kLeastProcess = 1000;

/// Once: name spaces of our own where the system has them. Goes on in a child.
void leave_host();
/// A tmpfs for one seed at `folder`, and away with it.
void mount_folder(const char* folder);
void unmount_folder(const char* folder);
/// Ends in `folder` as the root. Returns the child's process id.
int make_world(const char* folder);

}  // namespace fuzz
