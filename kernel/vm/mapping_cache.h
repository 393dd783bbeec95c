// The slab cache of mappings.
// Callers: vm alone.
// Locks, context: as the heap's.
#pragma once

#include "memory/slab.h"
#include "vm/mapping.h"

namespace vm {
extern memory::SlabCache<Mapping> mapping_cache;
}  // namespace vm
