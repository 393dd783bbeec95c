// open, openat, creat, close, close_range: flags, modes, descriptor numbers and errors.
#include "show.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

int main() {
    umask(022);
    SHOW(open("absent", O_RDONLY));
    SHOW(open("", O_RDONLY));
    SHOW(open("file", O_WRONLY | O_CREAT | O_EXCL, 0666));
    SHOW(open("file", O_WRONLY | O_CREAT | O_EXCL, 0666));
    SHOW(open("file/below", O_RDONLY));
    SHOW(open("file", O_RDONLY | O_DIRECTORY));
    SHOW(open(".", O_WRONLY));
    SHOW(open(".", O_RDONLY | O_DIRECTORY));
    SHOW(open("file/", O_RDONLY));
    SHOW(mkdir("folder", 0755));
    SHOW(open("folder/", O_RDONLY));
    SHOW(open("folder", O_WRONLY | O_CREAT, 0644));
    SHOW(open("folder", O_RDONLY | O_TRUNC));
    SHOW(symlink("file", "link"));
    SHOW(open("link", O_RDONLY | O_NOFOLLOW));
    SHOW(open("link", O_RDONLY));
    SHOW(symlink("loop", "loop"));
    SHOW(open("loop", O_RDONLY));
    SHOW(symlink("made", "dangling"));
    SHOW(open("dangling", O_WRONLY | O_CREAT, 0600));
    struct stat st;
    SHOW(stat("made", &st));
    say("mode %o\n", st.st_mode);
    SHOW(creat("created", 0777));
    SHOW(stat("created", &st));
    say("mode %o\n", st.st_mode);
    SHOW(syscall(SYS_open, nullptr, O_RDONLY));
    SHOW(syscall(SYS_open, reinterpret_cast<char*>(8), O_RDONLY));
    std::string name(256, 'n');
    SHOW(open(name.c_str(), O_RDONLY));
    name.assign(5000, 'p');
    SHOW(open(name.c_str(), O_RDONLY));
    int folder = open("folder", O_RDONLY | O_DIRECTORY);
    SHOW(openat(folder, "inside", O_RDWR | O_CREAT, 0644));
    SHOW(openat(folder, "../file", O_RDONLY));
    SHOW(openat(99, "file", O_RDONLY));
    SHOW(openat(99, "/", O_RDONLY));
    int file = open("file", O_RDONLY);
    SHOW(openat(file, "x", O_RDONLY));
    SHOW(openat(AT_FDCWD, "folder/../folder/./inside", O_RDONLY));
    SHOW(open("folder/inside", O_PATH));
    char byte;
    int path = open("file", O_PATH);
    SHOW(read(path, &byte, 1));
    SHOW(close(path));
    SHOW(close(path));
    SHOW(close(-1));
    SHOW(close(file));
    SHOW(open("file", O_RDONLY));
    SHOW(static_cast<int>(syscall(SYS_close_range, 20u, 10u, 0)));
    SHOW(static_cast<int>(syscall(SYS_close_range, 5u, 2000u, 0)));
    SHOW(fcntl(5, F_GETFD));
    SHOW(fcntl(4, F_GETFD));
    SHOW(open("file", O_RDWR | O_TMPFILE, 0600));
    SHOW(access("file", F_OK));
    SHOW(open("/dev/null/x", O_RDONLY));
    return 0;
}
