// execve, execveat: arguments, environment, scripts, close-on-exec, errors.
#include "show.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <csignal>
#include <thread>

static void script(const char* name, const char* text, mode_t mode = 0755) {
    write_file(name, text);
    chmod(name, mode);
}

static int execute(const char* path, std::initializer_list<const char*> words) {
    char* arguments[16] = {};
    int count = 0;
    for (const char* word : words) arguments[count++] = const_cast<char*>(word);
    char* environment[] = {const_cast<char*>("A=1"), const_cast<char*>("B=two words"), nullptr};
    execve(path, arguments, environment);
    say("%s: %s\n", path, strerrorname_np(errno));
    return 1;
}

static int shown(int count, char** words, char** environment) {
    for (int i = 0; i < count; ++i) say("argument %d: %s\n", i, i == 0 ? "(name)" : words[i]);
    for (char** entry = environment; *entry; ++entry) say("environment: %s\n", *entry);
    for (int fd = 3; fd < 12; ++fd) {
        if (fcntl(fd, F_GETFD) >= 0) say("open: %d\n", fd);
    }
    struct sigaction action;
    sigaction(SIGUSR1, nullptr, &action);
    say("SIGUSR1 %s\n", action.sa_handler == SIG_DFL ? "default" : action.sa_handler == SIG_IGN ? "ignored" : "caught");
    sigaction(SIGUSR2, nullptr, &action);
    say("SIGUSR2 %s\n", action.sa_handler == SIG_DFL ? "default" : action.sa_handler == SIG_IGN ? "ignored" : "caught");
    sigset_t mask;
    sigprocmask(SIG_BLOCK, nullptr, &mask);
    say("SIGHUP blocked %d\n", sigismember(&mask, SIGHUP));
    return 42;
}

// Written, closed and executed at once, also where another thread shares the descriptors.
static void written_a_moment_ago() {
    int ends[2];
    if (pipe(ends) != 0) return;
    std::thread other([&] {
        char byte;
        (void)!read(ends[0], &byte, 1);
    });
    int no_program = 0, busy = 0;
    for (int round = 0; round < 100; round++) {
        const int fd = open("fresh", O_WRONLY | O_CREAT | O_TRUNC, 0755);
        if (write(fd, "nonsense", 8) != 8) return;
        if (round == 50) SHOW(execl("fresh", "fresh", nullptr));
        close(fd);
        execl("fresh", "fresh", nullptr);
        no_program += errno == ENOEXEC;
        busy += errno == ETXTBSY;
    }
    say("%d no program, %d busy\n", no_program, busy);
    (void)!write(ends[1], "x", 1);
    other.join();
}

int main(int count, char** words, char** environment) {
    if (count > 1) return shown(count, words, environment);
    char self[512] = {};
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length < 0) return 99;
    int plain = open("/dev/null", O_RDONLY), closing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    say("%d %d\n", plain, closing);
    written_a_moment_ago();
    signal(SIGUSR1, SIG_IGN);
    signal(SIGUSR2, [](int) {});
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGHUP);
    sigprocmask(SIG_BLOCK, &mask, nullptr);
    in_child("itself", [&] { return execute(self, {self, "one", "", "three 3"}); });
    std::string text = std::string("#!") + self + " option\n";
    script("script", text.c_str());
    in_child("script", [&] {
        char* arguments[] = {const_cast<char*>("script"), const_cast<char*>("x"), nullptr};
        char* nothing[] = {nullptr};
        execve("./script", arguments, nothing);
        return 1;
    });
    script("nested", "#!./script inner\n");
    in_child("nested script", [&] { return execute("./nested", {"nested", "y"}); });
    script("missing", "#!/no/such/interpreter\n");
    in_child("missing interpreter", [&] { return execute("./missing", {"missing"}); });
    script("plain", "hello\n", 0644);
    in_child("not executable", [&] { return execute("./plain", {"plain"}); });
    script("text", "just text\n");
    in_child("no format", [&] { return execute("./text", {"text"}); });
    script("empty", "");
    in_child("empty file", [&] { return execute("./empty", {"empty"}); });
    script("loop", "#!./loop\n");
    in_child("its own interpreter", [&] { return execute("./loop", {"loop"}); });
    script("header", "\177ELF");
    in_child("an ELF of 4 bytes", [&] { return execute("./header", {"header"}); });
    in_child("a folder", [&] { return execute(".", {"x"}); });
    in_child("absent", [&] { return execute("./absent", {"x"}); });
    in_child("below a file", [&] { return execute("./plain/x", {"x"}); });
    in_child("bad argument pointer", [&] {
        syscall(SYS_execve, self, 8, nullptr);
        say("%s\n", strerrorname_np(errno));
        return 2;
    });
    in_child("execveat by descriptor", [&] {
        int fd = open(self, O_RDONLY | O_CLOEXEC);
        char* arguments[] = {self, const_cast<char*>("at"), nullptr};
        char* nothing[] = {nullptr};
        syscall(SYS_execveat, fd, "", arguments, nothing, AT_EMPTY_PATH);
        say("%s\n", strerrorname_np(errno));
        return 2;
    });
    return 0;
}
