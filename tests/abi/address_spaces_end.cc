// Address spaces that end with holes in them: the page tables that a hole kept must not turn up in the next space.
#include "show.h"

#include <sys/mman.h>
#include <cstdint>

namespace {

constexpr size_t kPage = 4096, kTable = 512 * kPage;
constexpr int kRounds = 600;

volatile char* page_at(uintptr_t at, size_t pages = 1) {
    void* p = mmap(reinterpret_cast<void*>(at), pages * kPage, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    return static_cast<volatile char*>(p);
}

// A space that unmaps one page far from all others, and ends. How many tables it has besides varies.
void leave_hole(unsigned round) {
    for (unsigned i = 0; i < round % 12; i++) *page_at(0x3000'0000'0000 + i * kTable) = 1;
    *page_at(0x1000'0000) = 1;
    for (unsigned i = 0; i < 8; i++) {
        const uintptr_t hole = 0x1040'0000 + i * (kTable + kPage);
        *page_at(hole) = 1;
        munmap(reinterpret_cast<void*>(hole), kPage);
    }
    *page_at(0x1400'0000) = 1;
}

// A space that unmaps all it can reach of its own but what it runs on.
void leave_nothing(unsigned round) {
    for (unsigned i = 0; i < round % 5; i++) {
        const uintptr_t at = 0x2000'0000'0000 + i * (uintptr_t{1} << 39);
        *page_at(at) = 1;
        munmap(reinterpret_cast<void*>(at), kPage);
    }
}

// How many words of fresh memory and pages of a file are not what they must be. Some tables and pages are used up first,
// so that others are looked at in each round.
int wrong_pages(int file, unsigned round) {
    int wrong = 0;
    const size_t used = round * 7 % 24;
    volatile char* fresh = page_at(0x1'0000'0000, 40);
    for (size_t i = 0; i < used; i++) fresh[i * kPage] = 1;
    for (size_t i = used; i < 40; i++) {
        volatile uint64_t* words = reinterpret_cast<volatile uint64_t*>(fresh + i * kPage);
        words[0] = 0;
        for (size_t w = 0; w < kPage / sizeof(uint64_t); w++) wrong += words[w] != 0;
    }
    for (size_t table = 0; table < 6; table++) {
        void* at = reinterpret_cast<void*>(0x2'0000'0000 + table * kTable);
        const char* p = static_cast<char*>(mmap(at, kTable, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, 0));
        for (size_t i = 0; i < kTable; i += kPage) wrong += p[i + 5] != 'x';
    }
    return wrong;
}

}  // namespace

int main() {
    const int file = memfd_create("x", 0);
    char page[kPage];
    memset(page, 'x', sizeof page);
    for (size_t i = 0; i < kTable; i += kPage)
        if (write(file, page, sizeof page) != static_cast<ssize_t>(sizeof page)) return 1;
    int wrong = 0, lost = 0;
    for (unsigned round = 0; round < kRounds; round++) {
        const auto child = [&](auto body) {
            const pid_t pid = fork();
            if (pid == 0) _exit(body() != 0);
            int status = 0;
            if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) lost++;
            wrong += status != 0;
        };
        child([&] {
            leave_hole(round);
            leave_nothing(round);
            return 0;
        });
        child([&] { return wrong_pages(file, round); });
    }
    say("%d spaces with wrong pages, %d lost\n", wrong, lost);
}
