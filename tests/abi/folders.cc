// mkdir, rmdir, getdents64, chdir, fchdir, getcwd, rename, link, unlink, symlink, readlink, mknod.
#include "show.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <algorithm>
#include <set>
#include <vector>

static void list(const char* path) {
    DIR* folder = opendir(path);
    if (!folder) {
        say("opendir %s: %s\n", path, strerrorname_np(errno));
        return;
    }
    std::set<std::string> names;
    while (dirent* entry = readdir(folder))
        names.insert(std::string(entry->d_name) + ":" + std::to_string(entry->d_type));
    closedir(folder);
    for (const std::string& name : names) say("  %s\n", name.c_str());
}

int main() {
    char buffer[512];
    struct stat st;
    SHOW(mkdir("a", 0755));
    SHOW(mkdir("a", 0755));
    SHOW(mkdir("a/b/c", 0755));
    SHOW(mkdir("a/b/", 0755));
    SHOW(mkdir("a/b/.", 0755));
    SHOW(mkdirat(AT_FDCWD, "a/c", 0711));
    write_file("a/file", "x");
    SHOW(mkdir("a/file/x", 0755));
    SHOW(symlink("b", "a/link"));
    SHOW(mkfifo("a/fifo", 0600));
    list("a");
    SHOW(rmdir("a"));
    SHOW(rmdir("a/file"));
    SHOW(rmdir("a/b/."));
    SHOW(rmdir("a/absent"));
    SHOW(rmdir("/"));
    SHOW(unlink("a/b"));
    SHOW(unlink("a/absent"));
    SHOW(unlinkat(AT_FDCWD, "a/c", 0));
    SHOW(unlinkat(AT_FDCWD, "a/c", AT_REMOVEDIR));
    SHOW(stat("a", &st));
    say("links %ld\n", static_cast<long>(st.st_nlink));

    std::string start = getcwd(buffer, sizeof buffer);
    SHOW(chdir("a/b"));
    std::string below = getcwd(buffer, sizeof buffer);
    say("below: %s\n", below.substr(start.size()).c_str());
    show("getcwd into 2 bytes", syscall(SYS_getcwd, buffer, 2));
    int here = open(".", O_RDONLY);
    SHOW(chdir(".."));
    SHOW(chdir("file"));
    SHOW(chdir("absent"));
    SHOW(fchdir(here));
    SHOW(fchdir(99));
    SHOW(chdir("../.."));
    SHOW(chdir("a/link"));
    say("through a link: %s\n", std::string(getcwd(buffer, sizeof buffer)).substr(start.size()).c_str());
    SHOW(chdir(start.c_str()));

    SHOW(rename("a/file", "a/moved"));
    SHOW(rename("a/file", "a/x"));
    SHOW(rename("a/b", "a/b/c"));
    SHOW(rename("a/moved", "a/b"));
    SHOW(rename("a/b", "a/moved"));
    SHOW(mkdir("full", 0755));
    write_file("full/x", "");
    SHOW(rename("a/b", "full"));
    SHOW(mkdir("empty", 0755));
    SHOW(rename("full", "empty"));
    SHOW(rename("a/moved", "a/moved"));
    SHOW(syscall(SYS_renameat2, AT_FDCWD, "a/moved", AT_FDCWD, "a/link", 1));
    SHOW(syscall(SYS_renameat2, AT_FDCWD, "a/moved", AT_FDCWD, "a/link", 2));
    list("a");
    SHOW(syscall(SYS_renameat2, AT_FDCWD, "a/moved", AT_FDCWD, "a/link", 99));

    SHOW(link("a/link", "hard"));
    SHOW(link("a", "hard2"));
    SHOW(link("absent", "hard2"));
    SHOW(link("hard", "hard"));
    SHOW(stat("hard", &st));
    say("links %ld\n", static_cast<long>(st.st_nlink));
    SHOW(unlink("hard"));
    SHOW(linkat(AT_FDCWD, "a/moved", AT_FDCWD, "tolink", 0));
    SHOW(lstat("tolink", &st));
    say("type %o\n", st.st_mode & S_IFMT);
    memset(buffer, 0, sizeof buffer);
    SHOW(readlink("a/moved", buffer, sizeof buffer));
    say("%s\n", buffer);
    SHOW(readlink("a/moved", buffer, 0));
    SHOW(readlink("a/link", buffer, 8));
    SHOW(readlink("absent", buffer, 8));
    SHOW(symlink("", "nothing"));
    SHOW(symlink("x", "a/moved"));
    // A file that is open lives on after its name is gone.
    int fd = open("gone", O_RDWR | O_CREAT, 0600);
    SHOW(write(fd, "alive", 5));
    SHOW(unlink("gone"));
    SHOW(pread(fd, buffer, 5, 0));
    SHOW(fstat(fd, &st));
    say("links %ld\n", static_cast<long>(st.st_nlink));
    // getdents64: many entries, a small buffer, and a removed folder.
    SHOW(mkdir("many", 0755));
    for (int i = 0; i < 300; ++i) write_file(("many/entry" + std::to_string(i)).c_str(), "");
    int many = open("many", O_RDONLY);
    int count = 0;
    for (long got; (got = syscall(SYS_getdents64, many, buffer, sizeof buffer)) > 0;) {
        for (long at = 0; at < got; at += reinterpret_cast<dirent64*>(buffer + at)->d_reclen) ++count;
    }
    say("%d entries\n", count);
    SHOW(lseek(many, 0, SEEK_SET));
    SHOW_OK(syscall(SYS_getdents64, many, buffer, sizeof buffer));
    SHOW(syscall(SYS_getdents64, many, buffer, 4));
    lseek(many, 0, SEEK_SET);
    SHOW(syscall(SYS_getdents64, many, buffer, 0x80000000));
    lseek(many, 0, SEEK_END);
    SHOW(syscall(SYS_getdents64, fd, buffer, sizeof buffer));
    SHOW(mkdir("removed", 0755));
    SHOW(chdir("removed"));
    SHOW(rmdir("../removed"));
    SHOW(open("x", O_CREAT | O_WRONLY, 0600));
    show("getcwd in a removed folder", syscall(SYS_getcwd, buffer, sizeof buffer));
    return 0;
}
