#include "system.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace init {

namespace {

struct Mount {
    const char* type;
    const char* where;
    mode_t mode;
    const char* options;
    bool needed;  // say when it fails
};

constexpr Mount kMounts[] = {
    {"proc", "/proc", 0555, nullptr, true},
    {"devtmpfs", "/dev", 0755, nullptr, true},
    {"devpts", "/dev/pts", 0755, "gid=5,mode=620,ptmxmode=666", false},
    {"tmpfs", "/dev/shm", 01777, "mode=1777", false},
    {"sysfs", "/sys", 0555, nullptr, false},
};

int status_of(int wait_status) {
    return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

bool executable_file(const char* path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

int try_execute(const char* path, char* const* arguments) {
    execv(path, arguments);
    if (errno == ENOENT && !executable_file(path)) return 127;
    complain(path, errno == ENOENT ? "its interpreter is missing" : nullptr);
    return 126;
}

}  // namespace

void complain(const char* what, const char* detail) {
    char line[512];
    int saved = errno;
    int length = detail ? snprintf(line, sizeof line, "init: %s: %s\n", what, detail)
                        : snprintf(line, sizeof line, "init: %s: %s\n", what, strerror(saved));
    if (length > static_cast<int>(sizeof line) - 1) length = sizeof line - 1;
    ssize_t done = write(STDERR_FILENO, line, static_cast<size_t>(length));
    if (done < 0) {
        int console = open("/dev/console", O_WRONLY | O_NOCTTY | O_CLOEXEC);
        if (console >= 0) {
            done = write(console, line, static_cast<size_t>(length));
            close(console);
        }
    }
    errno = saved;
}

void mount_all() {
    for (const Mount& m : kMounts) {
        mkdir(m.where, m.mode);
        // EBUSY: the kernel has mounted it already.
        if (mount(m.type, m.where, m.type, MS_NOSUID, m.options) != 0 && errno != EBUSY && m.needed) {
            complain(m.where);
        }
    }
    mkdir("/run", 0755);
    if (mkdir("/tmp", 01777) == 0) chmod("/tmp", 01777);
    symlink("/proc/self/fd", "/dev/fd");
    symlink("/proc/self/fd/0", "/dev/stdin");
    symlink("/proc/self/fd/1", "/dev/stdout");
    symlink("/proc/self/fd/2", "/dev/stderr");
}

void set_host_name() {
    char name[65] = "linnet";
    int file = open("/etc/hostname", O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        ssize_t got = read(file, name, sizeof name - 1);
        close(file);
        if (got > 0) {
            name[got] = '\0';
            name[strcspn(name, " \t\n")] = '\0';
        }
    }
    if (sethostname(name, strlen(name)) != 0) complain("sethostname");
}

int wait_for(pid_t main_child) {
    for (;;) {
        int status = 0;
        pid_t child = waitpid(-1, &status, 0);
        if (child == main_child && (WIFEXITED(status) || WIFSIGNALED(status))) return status_of(status);
        if (child < 0 && errno != EINTR) {
            complain("wait4");
            return 125;
        }
    }
}

void set_default_environment(const char* terminal) {
    setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 0);
    setenv("HOME", "/root", 0);
    setenv("USER", "root", 0);
    setenv("LOGNAME", "root", 0);
    if (terminal) setenv("TERM", terminal, 0);
}

int execute(char* const* arguments) {
    const char* name = arguments[0];
    if (strchr(name, '/')) {
        int status = try_execute(name, arguments);
        if (status == 127) complain(name, "no such file");
        return status;
    }
    const char* path = getenv("PATH");
    char candidate[4096];
    for (const char* at = path ? path : "/usr/bin:/bin"; at;) {
        const char* colon = strchr(at, ':');
        int length = colon ? static_cast<int>(colon - at) : static_cast<int>(strlen(at));
        snprintf(candidate, sizeof candidate, "%.*s%s%s", length, at, length ? "/" : "", name);
        int status = executable_file(candidate) ? try_execute(candidate, arguments) : 127;
        if (status != 127) return status;
        at = colon ? colon + 1 : nullptr;
    }
    complain(name, "not found in PATH");
    return 127;
}

void leave(int status) {
    int out = open("/dev/hostio/exit", O_WRONLY | O_CLOEXEC);
    if (out >= 0) {
        char text[16];
        int length = snprintf(text, sizeof text, "%d\n", status);
        if (write(out, text, static_cast<size_t>(length)) != length) complain("/dev/hostio/exit");
        close(out);
    }
    sync();
    reboot(RB_POWER_OFF);
    complain("power off");
    // The kernel must not lose process 1: stay, without using the CPU.
    for (;;) pause();
}

}  // namespace init
