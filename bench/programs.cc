// Rows: real programs of Debian's, in the boot whose root has them.
#include "bench.h"

namespace bench {
namespace {

void run(long n, const char* const* words) {
    char* const environment[] = {const_cast<char*>("PATH=/usr/bin:/bin"), const_cast<char*>("HOME=/root"), nullptr};
    for (long i = 0; i < n; i++) {
        reap(child([&] {
            execve(words[0], const_cast<char* const*>(words), environment);
            _exit(127);
        }));
    }
}

void python_start(long n) {
    const char* const words[] = {"/usr/bin/python3", "-c", "pass", nullptr};
    run(n, words);
}

constexpr char kSource[] = R"(
struct list { struct list* next; int value; };
static int compare(const struct list* a, const struct list* b) { return a->value - b->value; }
static struct list* merge(struct list* a, struct list* b) {
    struct list head = {0, 0}, *last = &head;
    while (a && b) {
        struct list** from = compare(a, b) <= 0 ? &a : &b;
        last = last->next = *from;
        *from = (*from)->next;
    }
    last->next = a ? a : b;
    return head.next;
}
struct list* sort(struct list* all) {
    struct list *slow = all, *fast;
    if (!all || !all->next) return all;
    for (fast = all->next; fast && fast->next; fast = fast->next->next) slow = slow->next;
    fast = slow->next;
    slow->next = 0;
    return merge(sort(all), sort(fast));
}
)";

void compile(long n) {
    Path source("bench.c"), output("bench.s");
    int fd = open_checked(source, O_CREAT | O_TRUNC | O_WRONLY);
    write_all(fd, kSource, sizeof(kSource) - 1);
    close(fd);
    const char* const words[] = {
        "/usr/lib/gcc/x86_64-linux-gnu/12/cc1", "-quiet", "-O1", source, "-o", output, nullptr};
    start();
    run(n, words);
    Uncounted ending;
    unlink(source);
    unlink(output);
}

constexpr Row kRows[] = {
    {"python-start", "python3 -c pass", 2, python_start, By::kPrograms},
    {"compile-c", "Debian's C compiler, a file of 20 lines", 2, compile, By::kPrograms},
};

}  // namespace
constinit const std::span<const Row> kProgramRows = kRows;
}  // namespace bench
