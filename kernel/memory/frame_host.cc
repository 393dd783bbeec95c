// The frame table and direct map of host tests: set by each test. Pages are not given back to anyone.
#include "memory/frame.h"

namespace memory {
Frame* host_frame_table = nullptr;
u64 host_direct_map = 0;
void frame_release_last(Frame*) {}
}  // namespace memory
