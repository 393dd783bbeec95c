// HugePromise: which of the pages that a private mapping was promised it has had. Parts of a mapping share one.
// Callers: AddressSpace.
// Locks, context: the space's lock, for reading with the object's (faults), or for writing.
#pragma once

#include "base/ref.h"
#include "vm/region_set.h"

namespace vm {

struct HugePromise : RefCounted<HugePromise> {
    RegionSet used;  // by index in the object
};

}  // namespace vm
