// int 0x80 from 64-bit code: i386 numbers, 32-bit arguments and results.
#include "show.h"

#include <sys/mman.h>

static int int80(int number, long b = 0, long c = 0, long d = 0) {
    int result;
    asm volatile("int $0x80" : "=a"(result) : "a"(number), "b"(b), "c"(c), "d"(d) : "memory", "r8", "r9", "r10", "r11");
    return result;
}

int main() {
    SHOW(int80(20) == getpid());
    SHOW(int80(64) == getppid());
    SHOW(int80(6, 99));
    SHOW(int80(9999));
    char* low =
        static_cast<char*>(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0));
    SHOW(low != MAP_FAILED && reinterpret_cast<unsigned long>(low) < 1UL << 31);
    memcpy(low, "by int 0x80\n", 12);
    SHOW(int80(4, 1, reinterpret_cast<long>(low), 12));
    in_child("exit by int 0x80", [] { return int80(1, 23); });
    return 0;
}
