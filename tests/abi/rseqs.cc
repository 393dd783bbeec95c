// rseq(2): registration and its errors; critical sections end by signals, preemption and faults; the CPU is told after
// fork and migration.
#include "show.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <csignal>

static struct rseq* area() {
    return reinterpret_cast<struct rseq*>(static_cast<char*>(__builtin_thread_pointer()) + __rseq_offset);
}

static volatile int handled;

// Stays in a critical section until the kernel sends it to the abort address.
static void spin_until_aborted() {
    asm volatile(
        ".pushsection .data.rseq_cs, \"aw\"\n"
        ".balign 32\n"
        "3: .long 0, 0\n"
        ".quad 1f, 2f - 1f, 4f\n"
        ".popsection\n"
        "leaq 3b(%%rip), %%rax\n"
        "movq %%rax, %0\n"
        "1: pause\n"
        "jmp 1b\n"
        "2: .byte 0x0f, 0xb9, 0x3d\n"
        ".long 0x53053053\n"
        "4:\n"
        : "=m"(area()->rseq_cs)
        :
        : "rax", "memory", "cc");
}

static void pin_to_first() {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(0, &set);
    sched_setaffinity(0, sizeof set, &set);
}

int main() {
    struct rseq* mine = area();
    const unsigned signature = 0x53053053;
    SHOW(__rseq_size);
    SHOW(syscall(SYS_rseq, mine, 32, 0, signature));
    SHOW(syscall(SYS_rseq, mine, 32, 0, 1));
    SHOW(syscall(SYS_rseq, mine, 64, 0, signature));
    SHOW(syscall(SYS_rseq, mine + 1, 32, 0, signature));
    SHOW(syscall(SYS_rseq, mine, 32, 1, 1));
    SHOW(syscall(SYS_rseq, mine + 1, 32, 1, signature));
    SHOW(syscall(SYS_rseq, mine, 32, 8, signature));

    say("by a signal\n");
    signal(SIGALRM, [](int) { ++handled; });
    itimerval soon = {{}, {0, 3000}};
    setitimer(ITIMER_REAL, &soon, nullptr);
    spin_until_aborted();
    while (!handled) {}
    SHOW(handled);
    SHOW(mine->rseq_cs == 0);

    // Two that share a CPU and never call the kernel: each is aborted when the other gets its turn.
    pin_to_first();
    SHOW(static_cast<int>(mine->cpu_id));
    SHOW(static_cast<int>(mine->cpu_id_start));
    pid_t other = fork();
    if (other == 0) {
        for (volatile unsigned long spin = 0;; ++spin) {}
    }
    for (int i = 0; i < 5; ++i) spin_until_aborted();
    say("by preemption\n");
    kill(other, SIGKILL);
    waitpid(other, nullptr, 0);

    in_child("forked", [] {
        SHOW(area()->cpu_id == 0);
        SHOW(syscall(SYS_rseq, area(), 32, 0, 0x53053053));
        return 0;
    });
    in_child("a section whose abort address lacks the signature", [] {
        static struct {
            unsigned version, flags;
            unsigned long start, length, abort;
        } __attribute__((aligned(32))) section;
        static unsigned no_signature[2];
        section.start = 1, section.length = 1;
        section.abort = reinterpret_cast<unsigned long>(&no_signature[1]);
        area()->rseq_cs = reinterpret_cast<unsigned long>(&section);
        raise(SIGALRM);
        return 0;
    });
    in_child("without", [mine] {
        SHOW(syscall(SYS_rseq, mine, 32, 1, 0x53053053));
        SHOW(static_cast<int>(mine->cpu_id));
        SHOW(syscall(SYS_rseq, mine, 32, 1, 0x53053053));
        SHOW(syscall(SYS_rseq, mine, 16, 0, 0x53053053));
        SHOW(syscall(SYS_rseq, reinterpret_cast<char*>(mine) + 4, 32, 0, 0x53053053));
        SHOW(syscall(SYS_rseq, 0xffff800000000000, 32, 0, 0x53053053));
        SHOW(syscall(SYS_rseq, mine, 32, 0, 0x11111111));
        SHOW(mine->cpu_id == 0);
        SHOW(syscall(SYS_rseq, mine, 32, 1, 0x11111111));
        void* gone = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        syscall(SYS_rseq, gone, 32, 0, 0x53053053);
        munmap(gone, 4096);
        raise(SIGALRM);
        return 0;
    });
    return 0;
}
