// security.capability: who may set it, what exec makes of it, what takes it away; attributes in lists; whiteouts.
#include "show.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <algorithm>
#include <vector>

namespace {

struct Value {
    unsigned words[6];
};
constexpr unsigned kNetBind = 1u << 10, kNetRaw = 1u << 13;
const char* const kName = "security.capability";

void show_names(const char* path) {
    char names[512];
    ssize_t n = listxattr(path, names, sizeof names);
    std::vector<std::string> list;
    for (ssize_t at = 0; at < n; at += static_cast<ssize_t>(strlen(names + at)) + 1) list.push_back(names + at);
    std::sort(list.begin(), list.end());
    say("names of %s:", path);
    for (const std::string& name : list) say(" %s", name.c_str());
    say("\n");
}

// What /proc/self/status says in a program that has just begun.
int report() {
    std::string text = read_file("/proc/self/status");
    for (const char* name : {"CapInh:", "CapPrm:", "CapEff:", "CapAmb:"}) {
        size_t at = text.find(name);
        unsigned long value = strtoul(text.c_str() + at + 7, nullptr, 16);
        say(" %s%lx", name, value & 0xffffff);
    }
    say(" uid %u\n", geteuid());
    return 0;
}

void run_as(const char* what, unsigned uid, bool no_new_privileges = false) {
    in_child(what, [=] {
        if (no_new_privileges) prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        if (uid != 0 && setuid(uid) != 0) return 1;
        char* args[] = {const_cast<char*>("program"), const_cast<char*>("report"), nullptr};
        execv("./program", args);
        say("exec: %s\n", strerrorname_np(errno));
        return 2;
    });
}

void copy_self() {
    std::string self = read_file("/proc/self/exe");
    if (chdir("work") != 0) _exit(1);
    chmod(".", 0777);
    int fd = open("program", O_CREAT | O_WRONLY, 0755);
    for (size_t written = 0; written < self.size();) {
        ssize_t n = write(fd, self.data() + written, self.size() - written);
        if (n <= 0) break;
        written += static_cast<size_t>(n);
    }
    close(fd);
}

void programs() {
    Value v = {{0x02000001, kNetBind | kNetRaw, 0, 0, 0, 0}}, back = {};
    SHOW(setxattr("program", kName, &v, 4, 0));
    SHOW(setxattr("program", kName, &v, 24, 0));
    SHOW(setxattr("program", kName, &v, 20, 0));
    SHOW(getxattr("program", kName, nullptr, 0));
    SHOW(getxattr("program", kName, &back, sizeof back));
    say("the same: %d\n", memcmp(&v, &back, 20) == 0);
    SHOW(getxattr("program", kName, &back, 19));
    run_as("a user", 65534);
    run_as("root", 0);
    run_as("no new privileges", 65534, true);
    v.words[0] = 0x02000000;
    SHOW(setxattr("program", kName, &v, 20, XATTR_CREATE));
    SHOW(setxattr("program", kName, &v, 20, XATTR_REPLACE));
    run_as("not effective", 65534);
    v = {{0x02000001, kNetBind, kNetRaw, 0, 0, 0}};
    setxattr("program", kName, &v, 20, 0);
    in_child("out of bounds", [] {
        prctl(PR_CAPBSET_DROP, 10, 0, 0, 0);
        run_as("forced", 65534);
        return 0;
    });
    chmod("program", 04755);
    run_as("set-user-ID root with capabilities", 65534);
    SHOW(mount(nullptr, ".", nullptr, MS_REMOUNT | MS_BIND | MS_NOSUID, nullptr));
    run_as("nosuid", 65534);
    SHOW(mount(nullptr, ".", nullptr, MS_REMOUNT | MS_BIND, nullptr));
    chmod("program", 0755);
    in_child("a user changes it", [&] {
        setuid(65534);
        SHOW(setxattr("program", kName, &v, 20, 0));
        SHOW(removexattr("program", kName));
        SHOW(setxattr("program", "security.other", "x", 1, 0));
        return 0;
    });
    chown("program", 0, 1);
    SHOW(getxattr("program", kName, nullptr, 0));
    setxattr("program", kName, &v, 20, 0);
    int fd = open("program", O_WRONLY | O_APPEND);
    write(fd, "", 1);
    close(fd);
    SHOW(getxattr("program", kName, nullptr, 0));
    setxattr("program", kName, &v, 20, 0);
    SHOW(removexattr("program", kName));
    SHOW(removexattr("program", kName));
}

void lists() {
    char small[4];
    SHOW(setxattr("program", "trusted.t", "1", 1, 0));
    SHOW(setxattr("program", "security.s", "22", 2, 0));
    SHOW(setxattr("program", "user.u", "333", 3, 0));
    SHOW(setxattr("program", "nowhere.n", "1", 1, 0));
    SHOW(setxattr("program", "user.", "1", 1, 0));
    SHOW(setxattr("program", "user.big", std::string(70000, 'b').data(), 70000, 0));
    show_names("program");
    SHOW(listxattr("program", small, sizeof small));
    in_child("a user looks", [] {
        setuid(65534);
        char value[8];
        show_names("program");
        SHOW(getxattr("program", "trusted.t", value, sizeof value));
        SHOW(getxattr("program", "security.s", value, sizeof value));
        SHOW(setxattr("program", "trusted.t", "2", 1, 0));
        SHOW(setxattr("program", "user.u", "2", 1, 0));
        return 0;
    });
    symlink("program", "link");
    SHOW(lsetxattr("link", "user.u", "1", 1, 0));
    SHOW(lsetxattr("link", "trusted.t", "1", 1, 0));
    SHOW(lgetxattr("link", "trusted.t", small, sizeof small));
}

// Whiteouts, which overlay file systems leave behind.
void whiteouts() {
    write_file("white", "x");
    SHOW(renameat2(AT_FDCWD, "white", AT_FDCWD, "moved", RENAME_WHITEOUT));
    struct stat st;
    SHOW(lstat("white", &st));
    say("type %o mode %o device %lx\n", st.st_mode & S_IFMT, st.st_mode & 07777, static_cast<long>(st.st_rdev));
    SHOW(open("white", O_RDONLY));
    SHOW(access("moved", F_OK));
    SHOW(renameat2(AT_FDCWD, "moved", AT_FDCWD, "white", RENAME_WHITEOUT | RENAME_EXCHANGE));
    SHOW(renameat2(AT_FDCWD, "moved", AT_FDCWD, "white", RENAME_WHITEOUT | RENAME_NOREPLACE));
    SHOW(renameat2(AT_FDCWD, "moved", AT_FDCWD, "white", 8));
    in_child("a user makes one", [] {
        setuid(65534);
        SHOW(mknod("made", S_IFCHR | 0600, 0));
        SHOW(mknod("null", S_IFCHR | 0600, 0x103));
        return 0;
    });
}

}  // namespace

int main(int argc, char**) {
    if (argc > 1) return report();
    unshare(CLONE_NEWNS);
    mount(nullptr, "/", nullptr, MS_PRIVATE | MS_REC, nullptr);
    mkdir("work", 0777);
    SHOW(mount("work", "work", "tmpfs", 0, nullptr));
    copy_self();
    programs();
    lists();
    whiteouts();
    return 0;
}
