// Process 1 of the Linux side of the benchmark: mounts what Linnet's init mounts, runs /bench with the words that
// follow `--` on the kernel command line, writes its output to the first serial line, and switches the machine off.
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int, char** argv) {
    mkdir("/proc", 0755);
    mkdir("/dev", 0755);
    mkdir("/tmp", 0777);
    mount("proc", "/proc", "proc", 0, nullptr);
    mount("dev", "/dev", "devtmpfs", 0, nullptr);
    mkdir("/dev/pts", 0755);
    mount("pts", "/dev/pts", "devpts", 0, nullptr);
    mount("tmp", "/tmp", "tmpfs", 0, nullptr);
    int out = open("/dev/ttyS0", O_RDWR | O_NOCTTY);
    if (out >= 0) {
        dup2(out, 0);
        dup2(out, 1);
        dup2(out, 2);
    }
    pid_t pid = fork();
    if (pid == 0) {
        argv[0] = const_cast<char*>("/bench");
        execv("/bench", argv);
        perror("/bench");
        _exit(127);
    }
    int status = 0;
    while (wait(&status) != pid) {}
    printf("exit %d\n", WEXITSTATUS(status));
    fflush(stdout);
    sync();
    reboot(RB_POWER_OFF);
    return 0;
}
