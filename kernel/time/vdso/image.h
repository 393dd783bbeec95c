// The vDSO: the shared object that every process gets, and its data page.
// Callers: process/vdso.cc maps it: the data page first, the image right behind it; AT_SYSINFO_EHDR is the image.
// Locks, context: constants of the link.
#pragma once

#include <span>

#include "base/types.h"

namespace time::vdso {

// Both lie in the kernel image, page aligned: take their frames with arch::image_phys(). Map the data page read-only
// at BASE, and the image's pages (read, execute) at BASE + kPageSize. Linux names them [vvar] and [vdso].
std::span<const u8> image();  // whole pages
const void* data_page();

}  // namespace time::vdso
