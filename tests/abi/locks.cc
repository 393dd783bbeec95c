// Record locks of processes and of open files, flock: ranges, conflicts, waiting, deadlock, who loses them
// when.
#include "show.h"

#include <fcntl.h>
#include <sys/file.h>
#include <csignal>

static int file;

static long lock(int fd, int command, int type, long start, long length, int whence = SEEK_SET) {
    struct flock range = {};
    range.l_type = static_cast<short>(type), range.l_whence = static_cast<short>(whence);
    range.l_start = start, range.l_len = length;
    return fcntl(fd, command, &range);
}

// Who holds a lock in the way, as another process sees it.
static void held(const char* when) {
    in_child(when, [] {
        int fd = open("file", O_RDWR);
        for (long at = 0; at < 40;) {
            struct flock range = {};
            range.l_type = F_WRLCK, range.l_start = at;
            if (fcntl(fd, F_GETLK, &range) != 0) return 1;
            if (range.l_type == F_UNLCK) break;
            say(" %s %ld+%ld%s", range.l_type == F_RDLCK ? "read" : "write", static_cast<long>(range.l_start),
                static_cast<long>(range.l_len),
                range.l_pid == getppid() ? " parent's"
                : range.l_pid == -1      ? " file's"
                                         : "");
            if (range.l_len == 0) break;
            at = range.l_start + range.l_len;
        }
        say("\n");
        return 0;
    });
}

int main() {
    file = open("file", O_RDWR | O_CREAT, 0600);
    int reads = open("file", O_RDONLY), writes = open("file", O_WRONLY), folder = open(".", O_RDONLY);
    int ends[2], path = open("file", O_PATH);
    SHOW(pipe(ends));
    SHOW(write(file, "0123456789", 10));

    say("ranges\n");
    SHOW(lock(file, F_SETLK, F_WRLCK, 0, 10));
    SHOW(lock(file, F_SETLK, F_RDLCK, 3, 2));
    held("split");
    SHOW(lock(file, F_SETLK, F_UNLCK, 4, 3));
    held("hole");
    SHOW(lock(file, F_SETLK, F_WRLCK, 3, 4));
    held("joined");
    SHOW(lock(file, F_SETLK, F_WRLCK, -2, 0, SEEK_END));
    SHOW(lock(file, F_SETLK, F_RDLCK, 20, -5));
    held("to the end");
    SHOW(lock(file, F_SETLK, F_UNLCK, 0, 0));
    held("none");
    SHOW(lock(file, F_SETLK, F_WRLCK, -1, 2));
    SHOW(lock(file, F_SETLK, F_WRLCK, 2, -5));
    SHOW(lock(file, F_SETLK, F_WRLCK, 0, 0, 7));
    SHOW(lock(file, F_SETLK, 7, 0, 0));
    SHOW(lock(file, F_GETLK, F_UNLCK, 0, 0));
    SHOW(lock(reads, F_SETLK, F_WRLCK, 0, 1));
    SHOW(lock(writes, F_SETLK, F_RDLCK, 0, 1));
    SHOW(lock(99, F_SETLK, F_RDLCK, 0, 1));
    SHOW(lock(path, F_SETLK, F_RDLCK, 0, 1));
    SHOW(fcntl(file, F_SETLK, 8));

    say("lost when any descriptor of the file closes\n");
    SHOW(lock(file, F_SETLK, F_WRLCK, 0, 5));
    SHOW(close(open("file", O_RDONLY)));
    held("closed");

    say("of the open file\n");
    SHOW(lock(file, F_OFD_SETLK, F_WRLCK, 0, 5));
    int other = open("file", O_RDWR);
    SHOW(lock(other, F_OFD_SETLK, F_RDLCK, 4, 5));
    SHOW(lock(other, F_SETLK, F_RDLCK, 4, 5));
    SHOW(lock(other, F_OFD_SETLK, F_RDLCK, 5, 5));
    held("two");
    struct flock range = {};
    range.l_type = F_WRLCK, range.l_pid = 1;
    SHOW(fcntl(file, F_OFD_SETLK, &range));
    SHOW(close(other));
    SHOW(close(open("file", O_RDONLY)));
    held("one");
    SHOW(lock(file, F_OFD_SETLK, F_UNLCK, 0, 0));

    say("waiting\n");
    SHOW(lock(file, F_SETLK, F_WRLCK, 0, 1));
    pid_t child = fork();
    if (child == 0) {
        write(ends[1], "r", 1);
        _exit(lock(file, F_SETLKW, F_WRLCK, 0, 1) == 0 ? 3 : 4);
    }
    char byte;
    int status = 0;
    SHOW(read(ends[0], &byte, 1));
    usleep(20000);
    SHOW(waitpid(child, &status, WNOHANG));
    SHOW(lock(file, F_SETLK, F_UNLCK, 0, 1));
    SHOW(waitpid(child, &status, 0) == child);
    SHOW(WEXITSTATUS(status));
    held("its end gave it back");
    SHOW(lock(file, F_SETLK, F_WRLCK, 0, 1));
    in_child("a signal ends the waiting", [] {
        struct sigaction action = {};
        action.sa_handler = [](int) {};
        sigaction(SIGALRM, &action, nullptr);
        ualarm(20000, 20000);
        SHOW(lock(file, F_SETLKW, F_WRLCK, 0, 1));
        return 0;
    });
    // Each waits for the other: the second to wait is told.
    child = fork();
    if (child == 0) {
        lock(file, F_SETLK, F_WRLCK, 10, 1);
        write(ends[1], "r", 1);
        lock(file, F_SETLKW, F_WRLCK, 0, 1);
        _exit(0);
    }
    SHOW(read(ends[0], &byte, 1));
    usleep(50000);
    SHOW(lock(file, F_SETLKW, F_WRLCK, 10, 1));
    SHOW(lock(file, F_SETLK, F_UNLCK, 0, 0));
    SHOW(waitpid(child, &status, 0) == child);

    say("flock\n");
    other = open("file", O_RDWR);
    SHOW(flock(file, LOCK_SH));
    SHOW(flock(other, LOCK_SH | LOCK_NB));
    SHOW(flock(other, LOCK_EX | LOCK_NB));
    SHOW(flock(file, LOCK_UN));
    SHOW(flock(other, LOCK_EX | LOCK_NB));
    SHOW(flock(file, LOCK_SH | LOCK_NB));
    SHOW(flock(reads, LOCK_EX | LOCK_NB));
    SHOW(flock(dup(other), LOCK_UN));
    SHOW(flock(reads, LOCK_EX | LOCK_NB));
    SHOW(flock(folder, LOCK_EX | LOCK_NB));
    SHOW(flock(99, LOCK_EX));
    SHOW(flock(path, LOCK_EX));
    SHOW(flock(file, 0));
    SHOW(flock(file, LOCK_SH | LOCK_EX));
    SHOW(flock(file, LOCK_NB));
    in_child("the child has the parent's", [reads] {
        SHOW(flock(reads, LOCK_EX | LOCK_NB));
        SHOW(flock(file, LOCK_EX | LOCK_NB));
        return 0;
    });
    SHOW(close(reads));
    SHOW(flock(file, LOCK_EX | LOCK_NB));
    return 0;
}
