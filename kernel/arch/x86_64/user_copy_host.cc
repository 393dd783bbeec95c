// User copies on the host, where a "user address" is an address of the test itself.
#include "arch/user_copy.h"

#include <cstring>

namespace arch {
extern "C" {

usize copy_from_user(void* to, u64 user_from, usize n) {
    if (n != 0) std::memcpy(to, reinterpret_cast<const void*>(user_from), n);
    return 0;
}
usize copy_to_user(u64 user_to, const void* from, usize n) {
    if (n != 0) std::memcpy(reinterpret_cast<void*>(user_to), from, n);
    return 0;
}
usize clear_user(u64 user_to, usize n) {
    if (n != 0) std::memset(reinterpret_cast<void*>(user_to), 0, n);
    return 0;
}
i64 strncpy_from_user(char* to, u64 user_from, usize max) {
    const usize n = strnlen(reinterpret_cast<const char*>(user_from), max);
    std::memcpy(to, reinterpret_cast<const void*>(user_from), n < max ? n + 1 : n);
    return static_cast<i64>(n);
}
i64 strnlen_user(u64 user_from, usize max) {
    return static_cast<i64>(strnlen(reinterpret_cast<const char*>(user_from), max));
}
int get_user32(u32* value, u64 user_from) { return static_cast<int>(copy_from_user(value, user_from, sizeof *value)); }
int get_user64(u64* value, u64 user_from) { return static_cast<int>(copy_from_user(value, user_from, sizeof *value)); }
int put_user32(u64 user_to, u32 value) { return static_cast<int>(copy_to_user(user_to, &value, sizeof value)); }
int put_user64(u64 user_to, u64 value) { return static_cast<int>(copy_to_user(user_to, &value, sizeof value)); }

}  // extern "C"
}  // namespace arch
