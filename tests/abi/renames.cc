// rename, renameat2, link, unlink: what replaces what, hard links, open files without names, listings under change.
#include "show.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <map>

static void links(const char* path) {
    struct stat st;
    if (lstat(path, &st) != 0) {
        say("%s: %s\n", path, strerrorname_np(errno));
    } else {
        say("%s: type %o links %ld size %ld\n", path, st.st_mode & S_IFMT, static_cast<long>(st.st_nlink),
            static_cast<long>(S_ISREG(st.st_mode) ? st.st_size : 0));
    }
}

int main() {
    write_file("a", "a");
    write_file("b", "bb");
    mkdir("d", 0755);
    mkdir("e", 0755);
    mkdir("e/full", 0755);
    SHOW(rename("a", "b"));
    links("a");
    links("b");
    SHOW(rename("b", "b"));
    SHOW(rename("absent", "x"));
    SHOW(rename("b", "d"));
    SHOW(rename("d", "b"));
    SHOW(rename("d", "e"));
    SHOW(rename("e", "d"));
    SHOW(rename("d", "d/full/inside"));
    SHOW(rename("d", "d"));
    links("d");
    SHOW(rename("d/full", "."));
    SHOW(rename("d/.", "z"));
    SHOW(rename("d/full", "full/"));
    SHOW(rename("b", "bb/"));
    SHOW(rename("b", std::string(300, 'x').c_str()));
    write_file("c", "ccc");
    SHOW(syscall(SYS_renameat2, AT_FDCWD, "b", AT_FDCWD, "c", RENAME_NOREPLACE));
    SHOW(syscall(SYS_renameat2, AT_FDCWD, "b", AT_FDCWD, "n", RENAME_NOREPLACE));
    SHOW(syscall(SYS_renameat2, AT_FDCWD, "c", AT_FDCWD, "n", RENAME_EXCHANGE));
    links("c");
    links("n");
    SHOW(syscall(SYS_renameat2, AT_FDCWD, "c", AT_FDCWD, "full", RENAME_EXCHANGE));
    links("c");
    links("full");
    SHOW(syscall(SYS_renameat2, AT_FDCWD, "c", AT_FDCWD, "absent", RENAME_EXCHANGE));
    SHOW(syscall(SYS_renameat2, AT_FDCWD, "c", AT_FDCWD, "n", RENAME_EXCHANGE | RENAME_NOREPLACE));
    SHOW(syscall(SYS_renameat2, AT_FDCWD, "c", AT_FDCWD, "n", 1 << 10));

    SHOW(link("n", "n2"));
    SHOW(link("n", "n2"));
    SHOW(link("absent", "n3"));
    SHOW(link("c", "n3"));
    SHOW(link("n", "n3/"));
    links("n2");
    SHOW(rename("n", "n2"));  // two names of one file: nothing happens
    links("n");
    symlink("n", "s");
    SHOW(link("s", "s2"));
    links("s2");
    SHOW(linkat(AT_FDCWD, "s", AT_FDCWD, "s3", AT_SYMLINK_FOLLOW));
    links("s3");
    SHOW(linkat(AT_FDCWD, "s", AT_FDCWD, "s4", 1));
    int fd = open("n", O_RDWR);
    SHOW(unlink("n"));
    SHOW(unlink("n2"));
    SHOW(unlink("s3"));
    struct stat st;
    SHOW(fstat(fd, &st));
    say("links %ld\n", static_cast<long>(st.st_nlink));
    SHOW(write(fd, "still", 5));
    char text[8];
    SHOW(pread(fd, text, 5, 0));
    SHOW(unlink("s/"));
    SHOW(unlink("c/"));
    SHOW(symlink("", "empty"));
    SHOW(symlink("x", "s"));
    SHOW(unlinkat(AT_FDCWD, "s", 0x1));

    // A removed current directory.
    mkdir("gone", 0755);
    int here = open(".", O_RDONLY);
    SHOW(chdir("gone"));
    SHOW(rmdir("../gone"));
    SHOW(open("x", O_CREAT | O_WRONLY, 0600));
    SHOW(mkdir("x", 0700));
    SHOW(access(".", F_OK));
    SHOW(syscall(SYS_getcwd, text, sizeof text));
    SHOW(fchdir(here));

    // Every name that stays is listed once, whatever else comes and goes.
    mkdir("many", 0755);
    char path[64];
    for (int i = 0; i < 500; i++) {
        snprintf(path, sizeof path, "many/stay%d", i);
        close(open(path, O_CREAT | O_WRONLY, 0600));
    }
    std::map<std::string, int> seen;
    DIR* dir = opendir("many");
    int step = 0;
    while (dirent* e = readdir(dir)) {
        if (strncmp(e->d_name, "stay", 4) == 0) seen[e->d_name]++;
        if (step < 300) {
            snprintf(path, sizeof path, "many/more%d", step);
            close(open(path, O_CREAT | O_WRONLY, 0600));
            if (step % 2) unlink(path);
        }
        step++;
    }
    bool once = seen.size() == 500;
    for (auto& [name, count] : seen) once = once && count == 1;
    say("listed once %d\n", once);
    rewinddir(dir);
    int count = 0;
    while (readdir(dir)) count++;
    say("after rewind at least %d\n", count >= 502);
    closedir(dir);
    SHOW(rmdir("many"));
    return 0;
}
