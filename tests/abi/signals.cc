// sigaction, sigprocmask, kill, tgkill, sigaltstack, sigsuspend, sigpending, queued signals, restart, fault
// signals.
#include "show.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>
#include <csetjmp>
#include <csignal>
#include <ctime>

static volatile sig_atomic_t caught, order_count;
static int order[16];
static siginfo_t last;
static sigjmp_buf back;

static void handler(int number) { caught = number; }
static void ordered(int number) { order[order_count++ & 15] = number; }
static void detailed(int, siginfo_t* info, void*) { last = *info; }
static void jumps(int number, siginfo_t* info, void*) {
    last = *info;
    siglongjmp(back, number);
}

static void install(int number, void (*function)(int), int flags = 0) {
    struct sigaction action = {};
    action.sa_handler = function;
    action.sa_flags = flags;
    sigaction(number, &action, nullptr);
}

static void install(int number, void (*function)(int, siginfo_t*, void*), int flags = 0) {
    struct sigaction action = {};
    action.sa_sigaction = function;
    action.sa_flags = SA_SIGINFO | flags;
    sigaction(number, &action, nullptr);
}

static void masks() {
    sigset_t set, old, pending;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    SHOW(sigprocmask(SIG_BLOCK, &set, &old));
    SHOW(sigismember(&old, SIGUSR1));
    install(SIGUSR1, handler);
    SHOW(raise(SIGUSR1));
    say("caught %d\n", caught);
    SHOW(sigpending(&pending));
    SHOW(sigismember(&pending, SIGUSR1));
    SHOW(sigprocmask(SIG_UNBLOCK, &set, nullptr));
    say("caught %d\n", caught);
    SHOW(sigprocmask(77, &set, nullptr));
    SHOW(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, nullptr, 4));
    sigaddset(&set, SIGKILL);
    SHOW(sigprocmask(SIG_BLOCK, &set, nullptr));
    SHOW(sigprocmask(SIG_BLOCK, nullptr, &old));
    SHOW(sigismember(&old, SIGKILL));
    sigemptyset(&set);
    caught = 0;
    SHOW(raise(SIGUSR1));
    SHOW(sigsuspend(&set));
    say("caught %d\n", caught);
    SHOW(sigprocmask(SIG_SETMASK, &set, nullptr));
}

static void actions() {
    struct sigaction action = {}, old = {};
    action.sa_handler = handler;
    SHOW(sigaction(SIGKILL, &action, nullptr));
    SHOW(sigaction(SIGSTOP, &action, nullptr));
    SHOW(sigaction(0, &action, nullptr));
    SHOW(sigaction(65, &action, nullptr));
    SHOW(sigaction(SIGUSR2, &action, &old));
    SHOW(old.sa_handler == SIG_DFL);
    SHOW(sigaction(SIGUSR2, nullptr, &old));
    SHOW(old.sa_handler == handler);
    install(SIGUSR2, handler, SA_RESETHAND);
    SHOW(raise(SIGUSR2));
    SHOW(sigaction(SIGUSR2, nullptr, &old));
    SHOW(old.sa_handler == SIG_DFL);
    SHOW(kill(getpid(), 0));
    SHOW(kill(99999999, 0));
    SHOW(kill(getpid(), 65));
    SHOW(kill(getpid(), -1));
    SHOW(syscall(SYS_tgkill, getpid(), getpid(), 0));
    SHOW(syscall(SYS_tgkill, getpid(), 99999999, SIGUSR1));
    SHOW(syscall(SYS_tgkill, -1, getpid(), SIGUSR1));
    install(SIGUSR1, detailed);
    SHOW(kill(getpid(), SIGUSR1));
    say("code %d mine %d\n", last.si_code, last.si_pid == getpid());
    sigval value = {};
    value.sival_int = 4711;
    SHOW(sigqueue(getpid(), SIGUSR1, value));
    say("code %d value %d\n", last.si_code, last.si_value.sival_int);
}

static void queues() {
    sigset_t set;
    sigemptyset(&set);
    for (int number : {SIGUSR1, SIGRTMIN, SIGRTMIN + 1}) {
        sigaddset(&set, number);
        struct sigaction action = {};
        action.sa_handler = ordered;
        sigfillset(&action.sa_mask);
        sigaction(number, &action, nullptr);
    }
    SHOW(sigprocmask(SIG_BLOCK, &set, nullptr));
    for (int number : {SIGRTMIN + 1, SIGRTMIN, SIGUSR1, SIGRTMIN, SIGUSR1}) raise(number);
    SHOW(sigprocmask(SIG_UNBLOCK, &set, nullptr));
    say("%d delivered\n", order_count);
    for (int i = 0; i < order_count; ++i) say("order %d\n", order[i]);
    SHOW(sigprocmask(SIG_BLOCK, &set, nullptr));
    sigval value = {};
    value.sival_int = 1;
    SHOW(sigqueue(getpid(), SIGRTMIN, value));
    value.sival_int = 2;
    SHOW(sigqueue(getpid(), SIGRTMIN, value));
    siginfo_t info = {};
    timespec none = {0, 0}, little = {0, 5000000};
    SHOW(sigtimedwait(&set, &info, &none));
    say("value %d\n", info.si_value.sival_int);
    SHOW(sigwaitinfo(&set, &info));
    say("value %d\n", info.si_value.sival_int);
    SHOW(sigtimedwait(&set, &info, &none));
    SHOW(sigtimedwait(&set, &info, &little));
    SHOW(sigprocmask(SIG_UNBLOCK, &set, nullptr));
}

static void restart() {
    int ends[2];
    char byte;
    itimerval timer = {{0, 0}, {0, 20000}};
    SHOW(pipe(ends));
    install(SIGALRM, handler);
    SHOW(setitimer(ITIMER_REAL, &timer, nullptr));
    SHOW(read(ends[0], &byte, 1));
    install(SIGALRM, handler, SA_RESTART);
    pid_t child = fork();
    if (child == 0) {
        usleep(100000);
        _exit(write(ends[1], "r", 1) == 1 ? 0 : 1);
    }
    SHOW(setitimer(ITIMER_REAL, &timer, nullptr));
    SHOW(read(ends[0], &byte, 1));
    SHOW(waitpid(child, nullptr, 0) == child);
    SHOW(setitimer(ITIMER_REAL, &timer, nullptr));
    timespec rest = {}, wanted = {10, 0};
    SHOW(nanosleep(&wanted, &rest));
    say("rest %ld\n", static_cast<long>(rest.tv_sec));
    SHOW(setitimer(ITIMER_REAL, &timer, nullptr));
    SHOW(pause());
    SHOW(alarm(100));
    SHOW(alarm(0));
    SHOW(setitimer(99, &timer, nullptr));
    SHOW(getitimer(ITIMER_REAL, &timer));
}

static void fault(const char* what, int number, void (*body)()) {
    install(number, jumps);
    int came = sigsetjmp(back, 1);
    if (came == 0) {
        body();
        say("%s: no signal\n", what);
    } else {
        say("%s: %s code %d address %s\n", what, sigabbrev_np(came), last.si_code,
            last.si_addr == nullptr                            ? "null"
            : last.si_addr == reinterpret_cast<void*>(0x12345) ? "0x12345"
                                                               : "other");
    }
    signal(number, SIG_DFL);
}

static void faults() {
    fault("unmapped", SIGSEGV, [] { *reinterpret_cast<volatile char*>(0x12345) = 1; });
    fault("read only", SIGSEGV, [] {
        auto* page = static_cast<volatile char*>(mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        page[0] = 1;
    });
    fault("no execution", SIGSEGV, [] {
        void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        reinterpret_cast<void (*)()>(page)();
    });
    fault("non-canonical", SIGSEGV, [] { *reinterpret_cast<volatile char*>(0x8000000000000000) = 1; });
    fault("kernel address", SIGSEGV, [] { *reinterpret_cast<volatile char*>(0xffffffff81000000) = 1; });
    fault("division", SIGFPE, [] {
        volatile int zero = 0;
        asm volatile("idivl %0" ::"r"(zero), "a"(1), "d"(0));
    });
    fault("undefined instruction", SIGILL, [] { asm volatile("ud2"); });
    fault("privileged instruction", SIGSEGV, [] { asm volatile("hlt"); });
    fault("breakpoint", SIGTRAP, [] { asm volatile("int3"); });
    fault("past the end of a file", SIGBUS, [] {
        int fd = open("short", O_RDWR | O_CREAT, 0600);
        if (ftruncate(fd, 10) != 0) return;
        auto* page = static_cast<volatile char*>(mmap(nullptr, 8192, PROT_READ, MAP_PRIVATE, fd, 0));
        (void)page[4096];
    });
}

static char* on_stack;
static void where(int) {
    char here;
    on_stack = &here;
}

static void alternate_stack() {
    static char stack[65536];
    stack_t set = {}, old = {};
    set.ss_sp = stack;
    set.ss_size = sizeof stack;
    SHOW(sigaltstack(nullptr, &old));
    say("flags %d\n", old.ss_flags);
    SHOW(sigaltstack(&set, nullptr));
    install(SIGUSR1, where, SA_ONSTACK);
    raise(SIGUSR1);
    SHOW(on_stack >= stack && on_stack < stack + sizeof stack);
    install(SIGUSR1, where);
    raise(SIGUSR1);
    SHOW(on_stack >= stack && on_stack < stack + sizeof stack);
    set.ss_size = 100;
    SHOW(sigaltstack(&set, nullptr));
    set.ss_flags = SS_DISABLE;
    SHOW(sigaltstack(&set, nullptr));
    set.ss_flags = 99;
    SHOW(sigaltstack(&set, nullptr));
}

static void registers() {
    // What a handler changes in its context is what the program goes on with; SSE state survives.
    install(SIGUSR1, [](int, siginfo_t*, void* context) {
        auto* user = static_cast<ucontext_t*>(context);
        user->uc_mcontext.gregs[REG_RBX] = 77;
        asm volatile("pxor %%xmm3, %%xmm3" ::: "xmm3");
    });
    long rbx = 0;
    unsigned xmm = 0;
    asm volatile(
        "movl $0x1234, %%eax; movd %%eax, %%xmm3; movl $5, %%ebx\n"
        "movl %2, %%eax; movl %3, %%edi; movl %4, %%esi; syscall\n"
        "movq %%rbx, %0; movd %%xmm3, %1"
        : "=&r"(rbx), "=&r"(xmm)
        : "i"(SYS_kill), "r"(getpid()), "i"(SIGUSR1)
        : "rax", "rbx", "rcx", "rdi", "rsi", "r11", "xmm3", "memory");
    say("rbx %ld xmm3 %x\n", rbx, xmm);
}

int main() {
    masks();
    actions();
    queues();
    restart();
    faults();
    alternate_stack();
    registers();
    in_child("default of SIGTERM", [] { return raise(SIGTERM); });
    in_child("default of SIGCHLD", [] { return raise(SIGCHLD); });
    in_child("default of SIGRTMIN", [] { return raise(SIGRTMIN); });
    in_child("blocked fault", [] {
        install(SIGSEGV, handler);
        sigset_t set;
        sigfillset(&set);
        sigprocmask(SIG_BLOCK, &set, nullptr);
        *reinterpret_cast<volatile int*>(16) = 1;
        return 0;
    });
    return 0;
}
