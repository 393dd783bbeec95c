// /proc as programs read it: the shape of the files, and what they say about ourselves.
#include "show.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <csignal>
#include <set>

static std::string line_of(const std::string& text, const char* key) {
    size_t at = text.rfind(std::string("\n") + key, std::string::npos);
    if (text.compare(0, strlen(key), key) == 0) at = 0;
    else if (at == std::string::npos) return std::string(key) + " is missing";
    else ++at;
    return text.substr(at, text.find('\n', at) - at);
}

static void has(const char* path, std::initializer_list<const char*> keys) {
    std::string text = read_file(path);
    for (const char* key : keys)
        say("%s %s: %s\n", path, key, text.find(key) != std::string::npos ? "there" : "missing");
}

static std::string target(const char* path) {
    char buffer[512];
    ssize_t length = readlink(path, buffer, sizeof buffer);
    return length < 0 ? strerrorname_np(errno) : std::string(buffer, length);
}

int main(int, char** words) {
    prctl(PR_SET_NAME, "the (name)");
    say("self is me: %d\n", target("/proc/self") == std::to_string(getpid()));
    std::string own = "/proc/" + std::to_string(getpid());
    std::string stat_text = read_file((own + "/stat").c_str());
    int pid = 0, parent = 0, group = 0, session = 0;
    char state = '?';
    size_t close_bracket = stat_text.rfind(')');
    sscanf(stat_text.c_str(), "%d", &pid);
    sscanf(stat_text.c_str() + close_bracket + 1, " %c %d %d %d", &state, &parent, &group, &session);
    say("stat: pid %d name %s state %c parent %d group %d session %d\n", pid == getpid(),
        stat_text.substr(stat_text.find('('), close_bracket - stat_text.find('(') + 1).c_str(), state,
        parent == getppid(), group == getpgrp(), session == getsid(0));
    int fields = 0;
    for (size_t at = close_bracket; at != std::string::npos; at = stat_text.find(' ', at + 1)) ++fields;
    say("fields %d\n", fields + 1);
    std::string status = read_file("/proc/self/status");
    for (const char* key : {"Name:", "State:", "Uid:", "Gid:", "Threads:", "SigBlk:"}) {
        say("%s\n", line_of(status, key).c_str());
    }
    has("/proc/self/status", {"Tgid:", "Pid:", "PPid:", "VmSize:", "VmRSS:", "SigCgt:", "Cpus_allowed:"});
    say("comm %s", read_file("/proc/self/comm").c_str());
    std::string command = read_file("/proc/self/cmdline");
    say("cmdline is our name: %d\n", command == std::string(words[0]) + std::string(1, '\0'));
    char cwd[512];
    say("cwd %d\n", getcwd(cwd, sizeof cwd) && target("/proc/self/cwd") == cwd);
    say("root %s\n", target("/proc/self/root").c_str());
    std::string exe = target("/proc/self/exe");
    say("exe is absolute: %d\n", exe[0] == '/');
    int fd = open("named", O_RDWR | O_CREAT, 0600);
    std::string link = "/proc/self/fd/" + std::to_string(fd);
    say("fd %d\n", target(link.c_str()) == std::string(cwd) + "/named");
    SHOW(write(fd, "through proc", 12));
    say("%s\n", read_file(link.c_str()).c_str());
    SHOW(open("/proc/self/fd/77", O_RDONLY));
    SHOW(unlink("named"));
    say("fd %d\n", target(link.c_str()) == std::string(cwd) + "/named (deleted)");
    int ends[2];
    SHOW(pipe(ends));
    say("%s\n", target(("/proc/self/fd/" + std::to_string(ends[0])).c_str()).substr(0, 6).c_str());
    std::string maps = read_file("/proc/self/maps");
    for (const char* key : {"[stack]", "[heap]", "[vdso]", "r-xp", "rw-p"}) {
        say("maps %s %d\n", key, maps.find(key) != std::string::npos);
    }
    say("environ %d\n", read_file("/proc/self/environ").find("HOME=/root") != std::string::npos);
    has("/proc/meminfo", {"MemTotal:", "MemFree:", "MemAvailable:", "Buffers:", "Cached:", "SwapTotal:", "SwapFree:",
                          "Shmem:", "Slab:"});
    has("/proc/cpuinfo", {"processor", "vendor_id", "model name", "flags", "cpu MHz"});
    has("/proc/stat", {"cpu ", "cpu0 ", "intr ", "ctxt ", "btime ", "processes ", "procs_running "});
    has("/proc/mounts", {" / ", " /proc proc "});
    has("/proc/filesystems", {"nodev\ttmpfs", "nodev\tproc"});
    say("version %s\n", read_file("/proc/version").substr(0, 14).c_str());
    double up = 0, idle = 0;
    int numbers = sscanf(read_file("/proc/uptime").c_str(), "%lf %lf", &up, &idle);
    say("uptime %d %d\n", numbers, up > 0);
    float one, five, fifteen;
    int running, all, last;
    say("loadavg %d\n",
        sscanf(read_file("/proc/loadavg").c_str(), "%f %f %f %d/%d %d", &one, &five, &fifteen, &running, &all, &last));
    struct stat st;
    SHOW(stat("/proc/self/stat", &st));
    say("mode %o size %ld\n", st.st_mode, static_cast<long>(st.st_size));
    SHOW(stat("/proc/99999999", &st));
    SHOW(open("/proc/self/stat", O_WRONLY));
    SHOW(mkdir("/proc/x", 0755));
    SHOW(open("/proc/nothing", O_RDONLY | O_CREAT, 0600));
    // A process that has ended and is not yet waited for.
    pid_t child = fork();
    if (child == 0) _exit(0);
    siginfo_t info;
    waitid(P_PID, child, &info, WEXITED | WNOWAIT);
    std::string zombie = read_file(("/proc/" + std::to_string(child) + "/stat").c_str());
    say("zombie %s\n", zombie.substr(zombie.rfind(')') + 2, 1).c_str());
    waitpid(child, nullptr, 0);
    SHOW(access(("/proc/" + std::to_string(child)).c_str(), F_OK));
    // What has no path is still there to look at by way of its descriptor.
    int pipe_ends[2];
    if (pipe(pipe_ends) != 0) return 1;
    std::string pipe_link = "/proc/self/fd/" + std::to_string(pipe_ends[0]);
    SHOW(stat(pipe_link.c_str(), &st));
    struct stat direct;
    fstat(pipe_ends[0], &direct);
    say("pipe mode %o same %d\n", st.st_mode, st.st_ino == direct.st_ino && st.st_dev == direct.st_dev);
    SHOW(access(pipe_link.c_str(), R_OK));
    SHOW(access(pipe_link.c_str(), X_OK));
    SHOW(lstat(pipe_link.c_str(), &st));
    say("link %o\n", st.st_mode & S_IFMT);
    // What a thread does now: its own call, a child that sleeps, and whose child that is.
    long number = -1;
    unsigned long argument[6], stack_pointer, pc;
    const int words_read =
        sscanf(read_file("/proc/self/syscall").c_str(), "%ld %lx %lx %lx %lx %lx %lx %lx %lx", &number, &argument[0],
               &argument[1], &argument[2], &argument[3], &argument[4], &argument[5], &stack_pointer, &pc);
    say("own call %ld, %d fields, stack %d\n", number, words_read,
        stack_pointer / 0x1000000 == reinterpret_cast<unsigned long>(&number) / 0x1000000);
    child = fork();
    if (child == 0) {
        for (;;) pause();
    }
    const std::string children =
        "/proc/" + std::to_string(getpid()) + "/task/" + std::to_string(getpid()) + "/children";
    say("children %d\n", read_file(children.c_str()) == std::to_string(child) + " ");
    SHOW(access(("/proc/" + std::to_string(getpid()) + "/children").c_str(), F_OK));
    const std::string its = "/proc/" + std::to_string(child);
    do {
        number = -1;
        sscanf(read_file((its + "/syscall").c_str()).c_str(), "%ld", &number);
    } while (number != SYS_pause);
    say("child sleeps %d\n", read_file((its + "/wchan").c_str()).size() > 1);
    say("in the kernel %d\n", read_file((its + "/stack").c_str()).compare(0, 6, "[<0>] ") == 0);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    // Namespaces: a name, a number and something to open.
    char name[64] = {};
    say("namespace %d\n", readlink("/proc/self/ns/uts", name, sizeof(name) - 1) > 5 && strncmp(name, "uts:[", 5) == 0);
    SHOW(stat("/proc/self/ns/uts", &st));
    say("number %d mode %o\n", std::string(name) == "uts:[" + std::to_string(st.st_ino) + "]", st.st_mode);
    int space = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
    say("opened %d\n", space >= 0);
    SHOW(static_cast<int>(syscall(SYS_setns, space, 0)));
    SHOW(static_cast<int>(syscall(SYS_setns, pipe_ends[0], 0)));
    SHOW(open("/proc/self/ns/uts", O_WRONLY));
    // An open folder of a process is taken for a pidfd when signals are sent.
    child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    int folder = open(("/proc/" + std::to_string(child)).c_str(), O_RDONLY | O_DIRECTORY);
    SHOW(static_cast<int>(syscall(SYS_pidfd_send_signal, folder, SIGTERM, nullptr, 0)));
    int ended = 0;
    waitpid(child, &ended, 0);
    say("ended by %d\n", WTERMSIG(ended));
    SHOW(static_cast<int>(syscall(SYS_pidfd_send_signal, folder, 0, nullptr, 0)));
    SHOW(static_cast<int>(syscall(SYS_pidfd_send_signal, pipe_ends[0], 0, nullptr, 0)));
    return 0;
}
