// ptrace(2): tracing a child: stops, registers, memory, steps, system calls, signals, and the errors.
#include "show.h"

#include <elf.h>
#include <sys/ptrace.h>
#include <sys/reg.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <csignal>
#include <cstddef>

static volatile long watched = 0x1234;

static long trace(int request, pid_t pid, unsigned long addr = 0, unsigned long data = 0) {
    errno = 0;
    return syscall(SYS_ptrace, request, pid, addr, data);
}
#define TRACE(...) show("ptrace(" #__VA_ARGS__ ")", trace(__VA_ARGS__))

static int wait_for(pid_t pid, int options = __WALL) {
    int status = 0;
    pid_t got = waitpid(pid, &status, options);
    if (got != pid) {
        say("waitpid: %d %s\n", got == 0 ? 0 : -1, got < 0 ? strerrorname_np(errno) : "");
    } else if (WIFSTOPPED(status)) {
        say("stopped by %d, event %d\n", WSTOPSIG(status), status >> 16);
    } else if (WIFEXITED(status)) {
        say("exited %d\n", WEXITSTATUS(status));
    } else {
        say("killed by %d\n", WTERMSIG(status));
    }
    return status;
}

static void handler(int) {}

template <typename Body>
static pid_t traced(Body body) {
    pid_t child = fork();
    if (child == 0) {
        if (trace(PTRACE_TRACEME, 0) != 0) _exit(90);
        raise(SIGSTOP);
        _exit(body());
    }
    return child;
}

static void errors() {
    TRACE(PTRACE_CONT, 99999);
    TRACE(PTRACE_CONT, 1);
    TRACE(PTRACE_ATTACH, getpid());
    TRACE(PTRACE_SEIZE, getppid(), 1);
    TRACE(PTRACE_SEIZE, 99999);
    pid_t child = traced([] { return 3; });
    wait_for(child);
    TRACE(12345, child);
    TRACE(PTRACE_ATTACH, child);
    TRACE(PTRACE_SEIZE, child, 0, 1u << 30);
    TRACE(PTRACE_INTERRUPT, child);
    TRACE(PTRACE_LISTEN, child);
    TRACE(PTRACE_SETOPTIONS, child, 0, 1u << 30);
    TRACE(PTRACE_CONT, child, 0, 65);
    TRACE(PTRACE_DETACH, child, 0, 65);
    TRACE(PTRACE_PEEKDATA, child, 0, 0);
    long word = 0;
    TRACE(PTRACE_PEEKDATA, child, 0, reinterpret_cast<unsigned long>(&word));
    TRACE(PTRACE_PEEKUSER, child, 3, reinterpret_cast<unsigned long>(&word));
    TRACE(PTRACE_PEEKUSER, child, 928, reinterpret_cast<unsigned long>(&word));
    TRACE(PTRACE_POKEUSER, child, 300, 1);
    TRACE(PTRACE_POKEUSER, child, offsetof(struct user_regs_struct, cs), 0);
    TRACE(PTRACE_POKEUSER, child, offsetof(struct user_regs_struct, fs_base), ~0ul);
    TRACE(PTRACE_POKEUSER, child, offsetof(struct user, u_debugreg) + 4 * 8, 1);
    TRACE(PTRACE_GETREGS, child, 0, 8);
    struct iovec io = {&word, 4};
    TRACE(PTRACE_GETREGSET, child, NT_PRSTATUS, reinterpret_cast<unsigned long>(&io));
    TRACE(PTRACE_GETREGSET, child, 0x7777, reinterpret_cast<unsigned long>(&io));
    TRACE(PTRACE_GETSIGMASK, child, 4, reinterpret_cast<unsigned long>(&word));
    TRACE(PTRACE_CONT, child);
    wait_for(child);
    TRACE(PTRACE_CONT, child);
    child = fork();
    if (child == 0) {
        TRACE(PTRACE_TRACEME, 0);
        TRACE(PTRACE_TRACEME, 0);
        _exit(0);
    }
    wait_for(child);
}

static void memory_and_registers() {
    pid_t child = traced([] { return static_cast<int>(watched & 0xff); });
    wait_for(child);
    errno = 0;
    auto at = const_cast<long*>(&watched);
    say("peek %lx\n", ptrace(PTRACE_PEEKDATA, child, at, nullptr));
    SHOW(ptrace(PTRACE_POKEDATA, child, at, 0x5566));
    say("peek %lx\n", ptrace(PTRACE_PEEKTEXT, child, at, nullptr));
    user_regs_struct regs = {}, set = {};
    SHOW(ptrace(PTRACE_GETREGS, child, nullptr, &regs));
    say("cs %llx ss %llx, orig_rax %lld (tgkill), rax %lld, ds %llx\n", regs.cs, regs.ss, regs.orig_rax, regs.rax,
        regs.ds);
    struct iovec io = {&set, sizeof set + 64};
    SHOW(ptrace(PTRACE_GETREGSET, child, NT_PRSTATUS, &io));
    say("length %zu same %d\n", io.iov_len, memcmp(&set, &regs, sizeof set) == 0);
    say("peekuser same %d\n", ptrace(PTRACE_PEEKUSER, child, RIP * 8, nullptr) == static_cast<long>(regs.rip));
    user_fpregs_struct fp = {}, again = {};
    SHOW(ptrace(PTRACE_GETFPREGS, child, nullptr, &fp));
    say("cwd %x mxcsr %x\n", fp.cwd, fp.mxcsr);
    fp.xmm_space[60] = 0x77;
    SHOW(ptrace(PTRACE_SETFPREGS, child, nullptr, &fp));
    SHOW(ptrace(PTRACE_GETFPREGS, child, nullptr, &again));
    say("xmm15 %x\n", again.xmm_space[60]);
    fp.mxcsr = ~0u;
    SHOW(ptrace(PTRACE_SETFPREGS, child, nullptr, &fp));
    static unsigned char state[16384];
    io = {state, sizeof state};
    SHOW(ptrace(PTRACE_GETREGSET, child, NT_X86_XSTATE, &io));
    say("xmm15 in xstate %x\n", state[160 + 240]);
    siginfo_t info = {};
    SHOW(ptrace(PTRACE_GETSIGINFO, child, nullptr, &info));
    say("signo %d code %d own %d\n", info.si_signo, info.si_code, info.si_pid == child);
    unsigned long mask = ~0ul;
    SHOW(ptrace(PTRACE_GETSIGMASK, child, 8, &mask));
    say("mask %lx\n", mask);
    mask = ~0ul;
    SHOW(ptrace(PTRACE_SETSIGMASK, child, 8, &mask));
    SHOW(ptrace(PTRACE_GETSIGMASK, child, 8, &mask));
    say("mask %lx\n", mask);
    mask = 0;
    SHOW(ptrace(PTRACE_SETSIGMASK, child, 8, &mask));
    SHOW(ptrace(PTRACE_CONT, child, nullptr, nullptr));
    wait_for(child);
}

static void calls() {
    pid_t child = traced([] {
        syscall(SYS_getppid);
        return static_cast<int>(syscall(SYS_getuid) & 0xff);
    });
    wait_for(child);
    SHOW(ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD));
    bool entry = true;
    for (int i = 0; i < 12; i++) {
        if (trace(PTRACE_SYSCALL, child) != 0) break;
        int status = 0;
        waitpid(child, &status, __WALL);
        if (!WIFSTOPPED(status)) {
            say("exited %d\n", WEXITSTATUS(status));
            break;
        }
        user_regs_struct regs;
        ptrace(PTRACE_GETREGS, child, nullptr, &regs);
        __ptrace_syscall_info info = {};
        long size = trace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, reinterpret_cast<unsigned long>(&info));
        unsigned long message = 0;
        ptrace(PTRACE_GETEVENTMSG, child, nullptr, &message);
        say("stop %x: call %lld op %d size %ld arch %x message %lu\n", WSTOPSIG(status), regs.orig_rax, info.op, size,
            info.arch, message);
        if (entry) {
            say("  rax %lld nr %lld\n", regs.rax, info.entry.nr);
            if (regs.orig_rax == SYS_getppid) ptrace(PTRACE_POKEUSER, child, ORIG_RAX * 8, -1L);
        } else {
            say("  error %d\n", info.exit.is_error);
            if (regs.orig_rax == SYS_getuid) ptrace(PTRACE_POKEUSER, child, RAX * 8, 77L);
        }
        entry = !entry;
    }
}

static void steps() {
    pid_t child = traced([] {
        asm volatile("nop; nop; nop; int3; nop" ::: "memory");
        return 5;
    });
    wait_for(child);
    for (int i = 0; i < 4; i++) {
        long before = ptrace(PTRACE_PEEKUSER, child, RIP * 8, nullptr);
        trace(PTRACE_SINGLESTEP, child);
        wait_for(child);
        siginfo_t info = {};
        ptrace(PTRACE_GETSIGINFO, child, nullptr, &info);
        user_regs_struct regs;
        ptrace(PTRACE_GETREGS, child, nullptr, &regs);
        say("moved %d code %d flag %lld\n", before != static_cast<long>(regs.rip), info.si_code, regs.eflags & 0x100);
    }
    SHOW(ptrace(PTRACE_CONT, child, nullptr, nullptr));
    wait_for(child);
    siginfo_t info = {};
    ptrace(PTRACE_GETSIGINFO, child, nullptr, &info);
    say("breakpoint code %d\n", info.si_code);
    SHOW(ptrace(PTRACE_CONT, child, nullptr, nullptr));
    wait_for(child);
}

static void watchpoint() {
    pid_t child = traced([] {
        watched = 1;
        asm volatile("nop");
        return static_cast<int>(watched);
    });
    wait_for(child);
    unsigned long base = offsetof(struct user, u_debugreg);
    SHOW(ptrace(PTRACE_POKEUSER, child, base, &watched));
    SHOW(ptrace(PTRACE_POKEUSER, child, base + 7 * 8, (0xdul << 16) | 1));
    SHOW(ptrace(PTRACE_POKEUSER, child, base + 7 * 8, (0x2ul << 20) | 4 | (0xdul << 16) | 1));
    SHOW(ptrace(PTRACE_CONT, child, nullptr, nullptr));
    wait_for(child);
    siginfo_t info = {};
    ptrace(PTRACE_GETSIGINFO, child, nullptr, &info);
    say("code %d dr6 %lx value %ld\n", info.si_code, ptrace(PTRACE_PEEKUSER, child, base + 6 * 8, nullptr) & 0xf,
        ptrace(PTRACE_PEEKDATA, child, &watched, nullptr));
    SHOW(ptrace(PTRACE_POKEUSER, child, base + 7 * 8, 0));
    SHOW(ptrace(PTRACE_CONT, child, nullptr, nullptr));
    wait_for(child);
}

static void signals() {
    pid_t child = traced([] {
        signal(SIGUSR1, SIG_IGN);
        signal(SIGUSR2, handler);
        raise(SIGUSR1);
        raise(SIGUSR2);
        raise(SIGTERM);
        return 6;
    });
    wait_for(child);
    SHOW(ptrace(PTRACE_CONT, child, nullptr, nullptr));
    wait_for(child);
    SHOW(ptrace(PTRACE_CONT, child, nullptr, SIGUSR1));
    wait_for(child);
    SHOW(ptrace(PTRACE_SINGLESTEP, child, nullptr, SIGUSR2));
    wait_for(child);
    SHOW(ptrace(PTRACE_CONT, child, nullptr, nullptr));
    wait_for(child);
    SHOW(ptrace(PTRACE_CONT, child, nullptr, nullptr));
    wait_for(child);
    child = traced([] { return 7; });
    wait_for(child);
    SHOW(ptrace(PTRACE_CONT, child, nullptr, SIGKILL));
    wait_for(child);
    child = traced([] { return 8; });
    wait_for(child);
    SHOW(kill(child, SIGKILL));
    wait_for(child);
    child = traced([] { return 9; });
    wait_for(child);
    SHOW(ptrace(PTRACE_DETACH, child, nullptr, nullptr));
    wait_for(child);
}

int main() {
    errors();
    memory_and_registers();
    calls();
    steps();
    watchpoint();
    signals();
    return 0;
}
