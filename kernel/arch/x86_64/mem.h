// Operations on whole pages. memcpy and its kin are declared by <cstring>.
// Callers: memory and vm.
// Locks, context: any.
#pragma once

extern "C" {
// Page-aligned virtual addresses.
void clear_page(void* page);
void copy_page(void* to, const void* from);
}
