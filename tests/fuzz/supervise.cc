#include "supervise.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <thread>

#include "mutate.h"
#include "world.h"

namespace fuzz {
namespace {

constexpr const char* kFolder = "/tmp/fuzz-world";
constexpr int kTickMicroseconds = 2000;
constexpr int kBlockedTicks = 15;  // in one call, asleep, for so long: it blocks
constexpr int kBlockedCrashTicks = 4;
constexpr int kStubbornTicks = 150;  // the interrupt was of no use
constexpr double kMostSeconds = 20;
constexpr double kMostCrashSeconds = 3;

double seconds() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

/// The letter of /proc/PID/stat, 0 when there is none.
char state_of(int process) {
    char path[40];
    char line[400];
    snprintf(path, sizeof path, "/proc/%d/stat", process);
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    const ssize_t length = read(file, line, sizeof line - 1);
    close(file);
    if (length <= 0) return 0;
    line[length] = 0;
    const char* name_end = strrchr(line, ')');  // the name may hold anything
    return name_end && name_end[1] ? name_end[2] : 0;
}

int forked() {
    const int child = fork();
    if (child < 0) {
        perror("fuzz: fork");
        _exit(98);
    }
    return child;
}

/// Interrupts threads of crash mode that are in one call for long, asleep or not.
class BlockedThreads {
  public:
    explicit BlockedThreads(const Shared& shared) : shared_(shared) {}

    /// Called at each tick.
    void interrupt(int process) {
        for (unsigned i = 0; i < Shared::kMostThreads; ++i) {
            const i32 id = shared_.threads[i].id;
            if (id == 0) continue;
            const u32 begun = shared_.threads[i].begun;
            still_[i] = begun == begun_[i] ? still_[i] + 1 : 0;
            begun_[i] = begun;
            if (still_[i] % kBlockedCrashTicks == kBlockedCrashTicks - 1) syscall(SYS_tgkill, process, id, kInterrupt);
        }
    }

  private:
    const Shared& shared_;
    u32 begun_[Shared::kMostThreads]{};
    int still_[Shared::kMostThreads]{};
};

void reap(int process) {
    kill(process, SIGKILL);
    kill(process, SIGCONT);
    waitpid(process, nullptr, __WALL);
}

}  // namespace

Supervisor::Supervisor() {
    void* memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        perror("fuzz: shared memory");
        _exit(98);
    }
    shared_ = static_cast<Shared*>(memory);
    mkdir("/tmp", 01777);
    // Grandchildren come to us, so that none stays.
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

void Supervisor::reset() {
    shared_->progress = 0;
    shared_->in_call = 0;
    shared_->finished = 0;
    for (Shared::Thread& thread : shared_->threads) thread = {};
    shared_->process_count = shared_->segment_count = 0;
    shared_->text.length = 0;
    mount_folder(kFolder);
}

/// In the child: the world, and its child where the supervisor finds it.
int Supervisor::enter_world() {
    const int made = make_world(kFolder);
    shared_->processes[0] = made;
    shared_->process_count = 1;
    return made;
}

Ended Supervisor::run(u64 seed, unsigned count, const Selection& selection) {
    const std::vector<Step> steps = generate(seed, count, Mode::kCompare, calls_);
    reset();
    const int child = forked();
    if (child == 0) {
        execute(steps, selection, *shared_, enter_world());
        _exit(0);
    }
    Ended ended{};
    watch(child, ended, Mode::kCompare);
    clean_up();
    ended.calls = shared_->progress;
    return ended;
}

std::vector<Step> Supervisor::crash_program(std::string_view name, u64 thread, unsigned count) const {
    std::optional<std::vector<Step>> steps = program_of(name, thread, count, Mode::kCrash, calls_);
    if (!steps) _exit(95);
    return std::move(*steps);
}

Ended Supervisor::crash(std::string_view name, unsigned count, unsigned threads) {
    reset();
    const int child = forked();
    if (child == 0) {
        const int made = enter_world();
        for (u64 i = 1; i < threads; ++i) {
            std::thread([this, name, count, made, i] {
                execute_silently(crash_program(name, i, count), *shared_, made, static_cast<unsigned>(i));
            }).detach();
        }
        execute_silently(crash_program(name, 0, count), *shared_, made, 0);
        usleep(20000);  // the others may not be done; that they are ended in the middle of a call is welcome
        _exit(0);
    }
    Ended ended{};
    watch(child, ended, Mode::kCrash);
    clean_up();
    ended.calls = shared_->progress;
    return ended;
}

void Supervisor::watch(int child, Ended& ended, Mode mode) {
    const double begun = seconds();
    u32 last = 0;
    int still = 0;
    bool late = false;
    BlockedThreads blocked(*shared_);
    for (;;) {
        int status = 0;
        const int got = waitpid(child, &status, WNOHANG);
        if (got == child) {
            if (late) {
                ended = {Ended::How::kTime, 0, 0};
            } else if (WIFSIGNALED(status)) {
                ended = {Ended::How::kSignal, WTERMSIG(status), 0};
            } else if (shared_->finished != 0) {
                ended = {Ended::How::kFinished, 0, 0};
            } else {
                ended = {Ended::How::kExit, WEXITSTATUS(status), 0};
            }
            return;
        }
        usleep(kTickMicroseconds);
        const u32 progress = shared_->progress;
        if (progress != last || shared_->in_call == 0) still = 0;
        last = progress;
        if (mode == Mode::kCrash) {
            blocked.interrupt(child);
            if (state_of(child) == 'T') kill(child, SIGCONT);
        } else if (shared_->in_call != 0) {
            const char state = state_of(child);
            if (state == 'T' || state == 't') kill(child, SIGCONT);
            still = state == 'S' ? still + 1 : still;
            if (still == kBlockedTicks || still == 2 * kBlockedTicks) kill(child, kInterrupt);
        }
        if (still >= kStubbornTicks || seconds() - begun > (mode == Mode::kCrash ? kMostCrashSeconds : kMostSeconds)) {
            late = true;
            kill(child, SIGKILL);
        }
    }
}

void Supervisor::clean_up() {
    for (u32 i = 0; i < shared_->process_count; ++i) reap(shared_->processes[i]);
    for (u32 i = 0; i < shared_->segment_count; ++i) shmctl(shared_->segments[i], IPC_RMID, nullptr);
    unmount_folder(kFolder);
}

}  // namespace fuzz
