#include "execute.h"

#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstring>
#include <ctime>

#include "show.h"

namespace fuzz {
namespace {

constexpr int kForkedStatus = 7;
constexpr u64 kNobody = 0x3fff'ffff;  // a number that no process has
volatile u32 signal_count;
volatile u8 signals_seen[64];

void on_signal(int number) {
    const u32 at = signal_count;
    if (number == kInterrupt) return;
    signals_seen[at % 64] = static_cast<u8>(number);
    signal_count = at + 1;
}

extern "C" void fuzz_restorer();
asm(R"(
fuzz_restorer:
    mov $15, %eax
    syscall
)");

// A call that makes a process or thread returns twice: the new one ends at once, without touching its stack, which it
// may share.
i64 raw_call(u64 number, const u64 (&a)[6], bool forks) {
    i64 result;
    const u64 flag = forks ? 1 : 0;
    register u64 r10 asm("r10") = a[3];
    register u64 r8 asm("r8") = a[4];
    register u64 r9 asm("r9") = a[5];
    asm volatile(
        "syscall\n"
        "test %%rax, %%rax\n"
        "jnz 1f\n"
        "test %%ebx, %%ebx\n"
        "jz 1f\n"
        "mov $60, %%eax\n"
        "mov %[status], %%edi\n"
        "syscall\n"
        "1:\n"
        : "=a"(result)
        : "a"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9),
          "b"(flag), [status] "i"(kForkedStatus)
        : "rcx", "r11", "memory");
    return result;
}

i64 now() {
    timespec time{};
    clock_gettime(CLOCK_REALTIME, &time);
    return time.tv_sec;
}

class Executor {
  public:
    Executor(std::span<const Step> steps, Shared& shared, int child)
        : steps_(steps),
          shared_(shared),
          results_(steps.size(), {-1, -1}),
          names_{getpid(), getppid(), child, now(), shared.processes, const_cast<const u32*>(&shared.process_count)},
          before_(kDataSize) {
        // A process that was not made is ourselves: -1 would be all, and so who watches us.
        for (std::size_t i = 0; i < steps.size(); ++i) {
            if (steps[i].call->result == 'p') results_[i] = {names_.self, names_.self};
        }
        struct sigaction action{};
        action.sa_handler = on_signal;
        for (int number = 1; number < 65; ++number) {
            if (number != SIGSEGV && number != SIGBUS && number != SIGCHLD && number != 32 && number != 33)
                sigaction(number, &action, nullptr);
        }
    }

    void run(unsigned index, bool words) {
        const Step& step = steps_[index];
        prepare(step);
        u64 arguments[6];
        for (int i = 0; i < 6; ++i) arguments[i] = resolve(step.arguments[i]);
        // -1 is all processes, the supervisor too: what a fork that failed gave.
        if (std::strcmp(step.call->name, "kill") == 0 && static_cast<i32>(arguments[0]) == -1) arguments[0] = kNobody;
        if (words) {
            shared_.text.add("%u ", index);
            show_call(shared_.text, names_, step, arguments);
            std::memcpy(before_.data(), reinterpret_cast<const void*>(kData), kDataSize);
        }
        const bool forks = std::strcmp(step.call->family, "clone") == 0;
        shared_.progress = shared_.progress + 1;
        shared_.in_call = 1;
        const i64 result = raw_call(step.call->number, arguments, forks);
        shared_.in_call = 0;
        note(step, index, arguments, result, forks);
        if (words) {
            show_result(shared_.text, names_, *step.call, arguments, result);
            if (std::strncmp(step.call->name, "getdents", 8) != 0) {
                show_memory(step);
            } else if (result > 0) {
                show_folder(shared_.text, step.call->name[8] != 0, arguments[1], static_cast<u64>(result));
            }
            show_signals();
        }
    }

  private:
    void prepare(const Step& step) {
        auto* data = reinterpret_cast<u8*>(kData);
        // What an earlier step left goes away too.
        if (step.used > used_) used_ = step.used;
        std::memset(data, 0, used_);
        std::memset(data + kDataSize - kPage, 0, kPage);
        for (const Poke& poke : step.pokes) {
            auto* at = reinterpret_cast<u8*>(poke.address);
            switch (poke.what) {
                case Poke::What::kPattern:
                    for (u32 i = 0; i < poke.size; ++i) at[i] = static_cast<u8>('a' + (poke.value.number + i) % 26);
                    break;
                case Poke::What::kText: std::memcpy(at, poke.text, poke.size); break;
                case Poke::What::kValue: {
                    const u64 value = resolve(poke.value);
                    std::memcpy(at, &value, poke.size);
                    break;
                }
            }
        }
    }

    u64 resolve(const Value& value) const {
        switch (value.source) {
            case Source::kNumber: return value.number;
            case Source::kResult: return static_cast<u64>(results_[value.call][value.which]);
            case Source::kSelf: return static_cast<u64>(names_.self);
            case Source::kParent: return static_cast<u64>(names_.parent);
            case Source::kChild: return static_cast<u64>(names_.child);
            case Source::kHandler: return reinterpret_cast<u64>(on_signal);
            case Source::kRestorer: return reinterpret_cast<u64>(fuzz_restorer);
        }
        return 0;
    }

    void note(const Step& step, unsigned index, const u64 (&arguments)[6], i64 result, bool forks) {
        if (forks && result > 0) made_process(static_cast<i32>(result));
        if (std::strcmp(step.call->family, "signal") == 0 || std::strcmp(step.call->family, "pidfd") == 0) settle();
        if (step.call->makes == kNone || (result < 0 && result > -4096)) return;
        if (step.call->stored_at == kNone) {
            results_[index][0] = result;
            if (std::strcmp(step.call->name, "shmget") == 0 && shared_.segment_count < Shared::kMost) {
                shared_.segments[shared_.segment_count] = static_cast<i32>(result);
                shared_.segment_count = shared_.segment_count + 1;
            }
            return;
        }
        const u64 at = arguments[step.call->stored_at];
        if (at < kData || at > kData + kDataSize - 8) return;
        i32 made[2];
        std::memcpy(made, reinterpret_cast<const void*>(at), sizeof made);
        results_[index] = {made[0], made[1]};
    }

    // A process that is about to end has ended before the program goes on: what comes next can see it.
    void made_process(i32 id) {
        if (shared_.process_count < Shared::kMost) {
            shared_.processes[shared_.process_count] = id;
            shared_.process_count = shared_.process_count + 1;
        }
        siginfo_t info;
        for (int i = 0; i < 200; ++i) {
            info.si_pid = 0;
            if (waitid(P_PID, static_cast<id_t>(id), &info, WEXITED | WNOWAIT | WNOHANG | __WALL) != 0 ||
                info.si_pid != 0)
                return;
            usleep(500);
        }
    }

    // Likewise for a child that was sent a signal.
    void settle() {
        siginfo_t info;
        for (int i = 0; i < 3; ++i) {
            info.si_pid = 0;
            if (waitid(P_PID, static_cast<id_t>(names_.child), &info,
                       WEXITED | WSTOPPED | WCONTINUED | WNOWAIT | WNOHANG) != 0 ||
                info.si_pid != 0)
                return;
            usleep(300);
        }
    }

    void show_memory(const Step& step) {
        for (const Watch& watch : step.watches) {
            const Shape& shape = *watch.shape;
            const u64 size = shape.structure == kNone
                                 ? watch.count
                                 : static_cast<u64>(watch.count) * kStructures[shape.structure].size;
            if (watch.address < kData || size > kDataSize || watch.address > kData + kDataSize - size) continue;
            show_change(shared_.text, names_, watch, before_.data());
            std::memcpy(before_.data() + (watch.address - kData), reinterpret_cast<const void*>(watch.address), size);
        }
        const auto* data = reinterpret_cast<const u8*>(kData);
        if (std::memcmp(before_.data(), data, kDataSize) == 0) return;
        for (u64 i = 0; i < kDataSize; ++i) {
            if (before_[i] != data[i]) {
                shared_.text.add("    written beyond the arguments: data+%llu\n", static_cast<unsigned long long>(i));
                return;
            }
        }
    }

    void show_signals() {
        for (u32 i = 0; i < signal_count && i < 64; ++i) shared_.text.add("    signal %d\n", signals_seen[i]);
        signal_count = 0;
    }

    std::span<const Step> steps_;
    Shared& shared_;
    std::vector<std::array<i64, 2>> results_;
    Names names_;
    std::vector<u8> before_;
    u64 used_ = 0;
};

}  // namespace

void execute(std::span<const Step> steps, const Selection& selection, Shared& shared, int child) {
    Executor executor(steps, shared, child);
    for (unsigned i = 0; i < steps.size(); ++i) {
        if (selection.has(i)) executor.run(i, true);
    }
    shared.finished = 1;
}

void execute_silently(std::span<const Step> steps, Shared& shared, int child, unsigned thread) {
    Executor executor(steps, shared, child);
    Shared::Thread& me = shared.threads[thread];
    me.id = gettid();
    for (unsigned i = 0; i < steps.size(); ++i) {
        me.begun = me.begun + 1;
        executor.run(i, false);
    }
    shared.finished = 1;
}

}  // namespace fuzz
