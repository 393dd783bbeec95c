// ptrace(2): attaching, seizing, and the events of fork, clone, exec and exit; TracerPid; /proc/PID/mem.
#include "show.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <csignal>
#include <cstddef>

static volatile long word_in_memory = 42;

static int wait_for(pid_t pid, const char* who, int options = __WALL) {
    int status = 0;
    pid_t got = waitpid(pid, &status, options);
    if (got != pid) {
        say("%s: waitpid %d %s\n", who, got == 0 ? 0 : -1, got < 0 ? strerrorname_np(errno) : "");
    } else if (WIFSTOPPED(status)) {
        say("%s: stopped by %d, event %d\n", who, WSTOPSIG(status), status >> 16);
    } else if (WIFEXITED(status)) {
        say("%s: exited %d\n", who, WEXITSTATUS(status));
    } else if (WIFCONTINUED(status)) {
        say("%s: continued\n", who);
    } else {
        say("%s: killed by %d\n", who, WTERMSIG(status));
    }
    return status;
}

template <typename Body>
static pid_t traced(Body body) {
    pid_t child = fork();
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        raise(SIGSTOP);
        _exit(body());
    }
    return child;
}

static unsigned long message_of(pid_t pid) {
    unsigned long message = 0;
    ptrace(PTRACE_GETEVENTMSG, pid, nullptr, &message);
    return message;
}

static void forks() {
    pid_t child = traced([] {
        pid_t inner = fork();
        if (inner == 0) _exit(4);
        int status = 0;
        waitpid(inner, &status, 0);
        return WEXITSTATUS(status) + 10;
    });
    wait_for(child, "child");
    SHOW(ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACEFORK | PTRACE_O_TRACEEXIT));
    SHOW(ptrace(PTRACE_CONT, child, nullptr, nullptr));
    wait_for(child, "child");
    pid_t inner = static_cast<pid_t>(message_of(child));
    say("grandchild %d\n", inner > 1);
    wait_for(inner, "grandchild");
    SHOW(ptrace(PTRACE_CONT, child, nullptr, nullptr));
    SHOW(ptrace(PTRACE_CONT, inner, nullptr, nullptr));
    wait_for(inner, "grandchild");
    say("status %lx\n", message_of(inner));
    SHOW(ptrace(PTRACE_CONT, inner, nullptr, nullptr));
    wait_for(inner, "grandchild");
    int status = wait_for(child, "child");
    if (WIFSTOPPED(status) && WSTOPSIG(status) == SIGCHLD) {
        ptrace(PTRACE_CONT, child, nullptr, SIGCHLD);
        wait_for(child, "child");
    }
    say("status %lx\n", message_of(child));
    SHOW(ptrace(PTRACE_CONT, child, nullptr, nullptr));
    wait_for(child, "child");
}

static void vforks_and_exec() {
    pid_t child = traced([] {
        // When the child's SIGCHLD would come, before or after exec, is chance.
        sigset_t blocked;
        sigemptyset(&blocked);
        sigaddset(&blocked, SIGCHLD);
        sigprocmask(SIG_BLOCK, &blocked, nullptr);
        pid_t inner = vfork();
        if (inner == 0) _exit(0);
        char* const arguments[] = {const_cast<char*>("/abi/ptrace_events"), const_cast<char*>("exit"), nullptr};
        execv("/proc/self/exe", arguments);
        return 1;
    });
    wait_for(child, "child");
    SHOW(ptrace(PTRACE_SETOPTIONS, child, nullptr,
                PTRACE_O_TRACEVFORK | PTRACE_O_TRACEVFORKDONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD));
    SHOW(ptrace(PTRACE_CONT, child, nullptr, nullptr));
    wait_for(child, "child");
    pid_t inner = static_cast<pid_t>(message_of(child));
    wait_for(inner, "vforked");
    SHOW(ptrace(PTRACE_DETACH, inner, nullptr, nullptr));
    SHOW(ptrace(PTRACE_CONT, child, nullptr, nullptr));
    int status = wait_for(child, "child");
    while (WIFSTOPPED(status) && (status >> 16) != PTRACE_EVENT_EXEC) {
        int signo = WSTOPSIG(status);
        ptrace(PTRACE_CONT, child, nullptr, signo == SIGTRAP ? 0 : signo);
        status = wait_for(child, "child");
    }
    say("old number is its own %d\n", message_of(child) == static_cast<unsigned long>(child));
    SHOW(ptrace(PTRACE_SYSCALL, child, nullptr, nullptr));
    wait_for(child, "child");
    __ptrace_syscall_info info = {};
    ptrace(static_cast<__ptrace_request>(PTRACE_GET_SYSCALL_INFO), child, sizeof info, &info);
    say("op %d\n", info.op);
    SHOW(ptrace(PTRACE_CONT, child, nullptr, nullptr));
    wait_for(child, "child");

    child = traced([] {
        char* const arguments[] = {const_cast<char*>("x"), const_cast<char*>("exit"), nullptr};
        execv("/proc/self/exe", arguments);
        return 1;
    });
    wait_for(child, "child");
    SHOW(ptrace(PTRACE_CONT, child, nullptr, nullptr));
    wait_for(child, "legacy exec");
    SHOW(ptrace(PTRACE_CONT, child, nullptr, nullptr));
    wait_for(child, "child");
}

static void* thread_body(void*) { return nullptr; }

static void threads() {
    pid_t child = traced([] {
        pthread_t thread;
        pthread_create(&thread, nullptr, thread_body, nullptr);
        pthread_join(thread, nullptr);
        return 12;
    });
    wait_for(child, "child");
    SHOW(ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACECLONE));
    SHOW(ptrace(PTRACE_CONT, child, nullptr, nullptr));
    wait_for(child, "child");
    pid_t thread = static_cast<pid_t>(message_of(child));
    wait_for(thread, "thread");
    SHOW(ptrace(PTRACE_CONT, child, nullptr, nullptr));
    SHOW(ptrace(PTRACE_CONT, thread, nullptr, nullptr));
    // Its status is its own or the process's, whichever comes first: chance.
    int gone = 0;
    waitpid(thread, &gone, __WALL);
    say("thread: gone %d\n", WIFEXITED(gone));
    wait_for(child, "child");
}

static long tracer_of(pid_t pid) {
    std::string text = read_file(("/proc/" + std::to_string(pid) + "/status").c_str());
    size_t at = text.find("TracerPid:");
    return at == std::string::npos ? -1 : atol(text.c_str() + at + 10);
}

static void attach() {
    pid_t child = fork();
    if (child == 0) {
        for (;;) pause();
    }
    say("tracer %ld\n", tracer_of(child));
    SHOW(ptrace(PTRACE_ATTACH, child, nullptr, nullptr));
    say("tracer is self %d\n", tracer_of(child) == getpid());
    wait_for(child, "attached");
    std::string path = "/proc/" + std::to_string(child) + "/mem";
    int fd = SHOW_OK(open(path.c_str(), O_RDWR)) >= 0 ? open(path.c_str(), O_RDWR) : -1;
    long value = 0;
    SHOW(pread(fd, &value, sizeof value, reinterpret_cast<off_t>(&word_in_memory)));
    say("value %ld\n", value);
    value = 43;
    SHOW(pwrite(fd, &value, sizeof value, reinterpret_cast<off_t>(&word_in_memory)));
    say("peek %ld\n", ptrace(PTRACE_PEEKDATA, child, &word_in_memory, nullptr));
    SHOW(pread(fd, &value, sizeof value, 0));
    SHOW(lseek(fd, 0x1000, SEEK_SET));
    SHOW(read(fd, &value, sizeof value));
    SHOW(lseek(fd, 0, SEEK_END));
    close(fd);
    SHOW(ptrace(PTRACE_DETACH, child, nullptr, nullptr));
    say("tracer %ld\n", tracer_of(child));
    kill(child, SIGKILL);
    wait_for(child, "child");
}

static void seize() {
    pid_t child = fork();
    if (child == 0) {
        for (;;) pause();
    }
    SHOW(ptrace(PTRACE_SEIZE, child, nullptr, PTRACE_O_TRACESYSGOOD));
    SHOW(waitpid(child, nullptr, WNOHANG | __WALL));
    SHOW(ptrace(PTRACE_CONT, child, nullptr, nullptr));
    SHOW(ptrace(PTRACE_INTERRUPT, child, nullptr, nullptr));
    wait_for(child, "interrupted");
    SHOW(ptrace(PTRACE_CONT, child, nullptr, nullptr));
    kill(child, SIGSTOP);
    wait_for(child, "signal");
    SHOW(ptrace(PTRACE_CONT, child, nullptr, SIGSTOP));
    wait_for(child, "group stop");
    siginfo_t info = {};
    SHOW(ptrace(PTRACE_GETSIGINFO, child, nullptr, &info));
    say("code %x\n", info.si_code);
    SHOW(ptrace(PTRACE_LISTEN, child, nullptr, nullptr));
    SHOW(ptrace(PTRACE_CONT, child, nullptr, nullptr));
    kill(child, SIGCONT);
    int status = wait_for(child, "after SIGCONT");
    SHOW(ptrace(PTRACE_CONT, child, nullptr, nullptr));
    if (WSTOPSIG(status) != SIGCONT) {
        wait_for(child, "SIGCONT");
        SHOW(ptrace(PTRACE_CONT, child, nullptr, SIGCONT));
    }
    kill(child, SIGTERM);
    wait_for(child, "signal");
    SHOW(ptrace(PTRACE_CONT, child, nullptr, SIGTERM));
    wait_for(child, "child");
}

static void group_stop() {
    pid_t child = traced([] { return 0; });
    wait_for(child, "signal");
    SHOW(ptrace(PTRACE_CONT, child, nullptr, SIGSTOP));
    wait_for(child, "group stop");
    siginfo_t info = {};
    SHOW(ptrace(PTRACE_GETSIGINFO, child, nullptr, &info));
    SHOW(ptrace(PTRACE_CONT, child, nullptr, nullptr));
    wait_for(child, "child");
}

// What strace does with a new program: seizes it while it is stopped, and lets it go on at once. However the two meet,
// the end of the stop is told, also to a tracer that has begun to listen.
static void continued_while_seized() {
    alarm(60);
    int over = 0;
    for (int i = 0; i < 400; i++) {
        pid_t child = fork();
        if (child == 0) {
            raise(SIGSTOP);
            _exit(0);
        }
        waitpid(child, nullptr, WUNTRACED);
        ptrace(PTRACE_SEIZE, child, nullptr, nullptr);
        for (volatile int spin = 0; spin < (i % 100) * 100; spin = spin + 1) {}
        kill(child, SIGCONT);
        int status = 0;
        while (waitpid(child, &status, __WALL) == child && WIFSTOPPED(status)) {
            const int signo = WSTOPSIG(status), event = status >> 16;
            if (event == PTRACE_EVENT_STOP && signo == SIGSTOP) {
                ptrace(PTRACE_LISTEN, child, nullptr, nullptr);
            } else {
                ptrace(PTRACE_CONT, child, nullptr, event == 0 ? signo : 0);
            }
        }
        over += WIFEXITED(status);
    }
    say("over %d\n", over);
    alarm(0);
}

// The tracer ends: its tracee goes on, or dies when it was asked to.
static void tracer_ends(int options) {
    int ends[2];
    if (pipe(ends) != 0) return;
    pid_t child = fork();
    if (child == 0) {
        close(ends[1]);
        char byte;
        _exit(static_cast<int>(read(ends[0], &byte, 1)) + 20);
    }
    close(ends[0]);
    in_child("tracer", [&] {
        close(ends[1]);
        return ptrace(PTRACE_SEIZE, child, nullptr, options) == 0 ? 0 : 1;
    });
    close(ends[1]);
    wait_for(child, "tracee");
}

// The tracer ends between two steps: the step that it asked for comes, nobody is there for its SIGTRAP.
static void tracer_ends_while_stepping() {
    pid_t child = fork();
    if (child == 0) {
        for (;;) word_in_memory = word_in_memory + 1;
    }
    in_child("tracer", [&] {
        if (ptrace(PTRACE_SEIZE, child, nullptr, 0) != 0 || ptrace(PTRACE_INTERRUPT, child, nullptr, 0) != 0) return 1;
        for (int i = 0; i < 3; i++) {
            int status = 0;
            if (waitpid(child, &status, __WALL) != child || !WIFSTOPPED(status)) return 2;
            if (ptrace(PTRACE_SINGLESTEP, child, nullptr, 0) != 0) return 3;
        }
        return waitpid(child, nullptr, __WALL) == child ? 0 : 4;
    });
    wait_for(child, "tracee");
}

// Another process than the parent traces: it hears of the end first.
static void foreign_tracer() {
    int ends[2], ready[2];
    if (pipe(ends) != 0 || pipe(ready) != 0) return;
    pid_t child = fork();
    if (child == 0) {
        close(ends[1]);
        char byte;
        _exit(static_cast<int>(read(ends[0], &byte, 1)) + 30);
    }
    pid_t tracer = fork();
    if (tracer == 0) {
        close(ends[0]);
        if (ptrace(PTRACE_SEIZE, child, nullptr, 0) != 0) _exit(1);
        close(ends[1]);
        if (write(ready[1], "", 1) != 1) _exit(1);
        wait_for(child, "tracer");
        _exit(0);
    }
    char byte;
    if (read(ready[0], &byte, 1) != 1) return;
    close(ends[1]);
    close(ends[0]);
    wait_for(tracer, "tracer");
    wait_for(child, "parent");
}

int main(int count, char** words) {
    if (count > 1 && strcmp(words[1], "exit") == 0) return 9;
    forks();
    vforks_and_exec();
    threads();
    attach();
    seize();
    group_stop();
    continued_while_seized();
    tracer_ends(0);
    tracer_ends(PTRACE_O_EXITKILL);
    tracer_ends_while_stepping();
    foreign_tracer();
    return 0;
}
