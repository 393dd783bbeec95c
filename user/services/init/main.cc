// init: process 1 of `./linnet run`. Mounts what programs need, then runs the program of /.linnet/run.conf on
// the host's stdin, stdout and stderr (/dev/hostio), or an interactive shell on the serial console and another on
// the screen, where there is one; reaps everything, reports the exit status and turns the machine off.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "conf.h"
#include "system.h"

namespace init {

namespace {

constexpr const char* kConfPath = "/.linnet/run.conf";
constexpr const char* kSerial = "/dev/ttyS0";
constexpr const char* kScreen = "/dev/tty1";

constinit Conf conf;
constinit char conf_text[1 << 20];

bool read_conf() {
    int file = open(kConfPath, O_RDONLY | O_CLOEXEC);
    if (file < 0) return errno == ENOENT;  // no file: an interactive shell
    size_t size = 0;
    while (size < sizeof conf_text) {
        ssize_t got = read(file, conf_text + size, sizeof conf_text - size);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        size += static_cast<size_t>(got);
    }
    close(file);
    ConfError error = parse_conf({conf_text, size}, conf);
    if (error != ConfError::kNone) complain(kConfPath, describe(error));
    return error == ConfError::kNone;
}

// Opens `path` as descriptor `wanted`.
bool open_as(int wanted, const char* path, int flags) {
    int file = open(path, flags | O_NOCTTY);
    if (file < 0) return false;
    if (file == wanted) return true;
    bool done = dup2(file, wanted) == wanted;
    close(file);
    return done;
}

void open_console() {
    for (int descriptor = 0; descriptor < 3; ++descriptor) {
        if (!open_as(descriptor, "/dev/console", O_RDWR)) open_as(descriptor, "/dev/null", O_RDWR);
    }
}

void open_host_streams() {
    const char* input = conf.stdin_forwarded ? "/dev/hostio/stdin" : "/dev/null";
    if (!open_as(STDERR_FILENO, "/dev/hostio/stderr", O_WRONLY)) complain("/dev/hostio/stderr");
    if (!open_as(STDIN_FILENO, input, O_RDONLY)) complain(input);
    if (!open_as(STDOUT_FILENO, "/dev/hostio/stdout", O_WRONLY)) complain("/dev/hostio/stdout");
}

void enter_environment(const char* terminal) {
    unsetenv("HOME");  // the kernel's: "/"
    for (size_t i = 0; i < conf.environment_count; ++i) putenv(conf.environment[i]);
    set_default_environment(terminal);
    if (chdir(conf.cwd) != 0) {
        complain(conf.cwd);
        _exit(125);
    }
}

[[noreturn]] void be_program() {
    setsid();
    enter_environment(nullptr);
    _exit(execute(conf.arguments));
}

bool exists(const char* path) {
    struct stat found;
    return stat(path, &found) == 0;
}

[[noreturn]] void be_shell(const char* terminal) {
    setsid();
    for (int descriptor = 0; descriptor < 3; ++descriptor) {
        // The first open of the terminal by a session leader; the ioctl makes it the controlling one.
        if (!open_as(descriptor, terminal, O_RDWR)) {
            complain(terminal);
            break;
        }
    }
    if (ioctl(STDIN_FILENO, TIOCSCTTY, 1) != 0) complain("controlling terminal");
    if (terminal == kSerial && conf.columns && conf.rows) {  // the host's window; a screen knows its own
        winsize size = {};
        size.ws_col = static_cast<unsigned short>(conf.columns);
        size.ws_row = static_cast<unsigned short>(conf.rows);
        ioctl(STDIN_FILENO, TIOCSWINSZ, &size);
    }
    tcsetpgrp(STDIN_FILENO, getpid());
    conf.cwd = exists("/root") ? "/root" : "/";
    enter_environment("linux");
    for (const char* shell : {"/bin/bash", "/bin/sh"}) {
        // A name that begins with '-' makes a login shell.
        const char* base = strrchr(shell, '/') + 1;
        char name[16];
        snprintf(name, sizeof name, "-%s", base);
        setenv("SHELL", shell, 1);
        char* const arguments[] = {name, nullptr};
        execv(shell, arguments);
    }
    complain("/bin/bash and /bin/sh");
    _exit(127);
}

// A shell on the screen that comes back when it is left.
[[noreturn]] void keep_screen_shell() {
    for (;;) {
        pid_t shell = fork();
        if (shell == 0) be_shell(kScreen);
        int status = 0;
        if (shell < 0 || waitpid(shell, &status, 0) < 0) _exit(1);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 127) _exit(127);  // no shell: said once
    }
}

int run() {
    if (!read_conf()) return 125;
    bool interactive = conf.argument_count == 0;
    if (!interactive) open_host_streams();
    const char* terminal = exists(kSerial) ? kSerial : kScreen;
    if (interactive && terminal != kScreen && exists(kScreen) && fork() == 0) keep_screen_shell();
    pid_t child = fork();
    if (child < 0) {
        complain("fork");
        return 125;
    }
    if (child == 0) {
        if (interactive) be_shell(terminal);
        be_program();
    }
    return wait_for(child);
}

}  // namespace

}  // namespace init

int main() {
    if (getpid() != 1) {
        init::complain("init", "runs as process 1 only; ./linnet run starts it");
        return 125;
    }
    umask(022);
    init::open_console();
    init::mount_all();
    init::set_host_name();
    // Console and devices may have appeared with /dev.
    init::open_console();
    reboot(RB_DISABLE_CAD);
    init::leave(init::run());
}
