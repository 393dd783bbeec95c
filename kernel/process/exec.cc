#include "process/exec.h"

#include "abi/linux/auxv.h"
#include "abi/linux/personality.h"
#include "arch/context.h"
#include "arch/cpu.h"
#include "base/bytes.h"
#include "fs/operations.h"
#include "hw/random.h"
#include "log/log.h"
#include "object/file_anchor.h"
#include "process/exec_credentials.h"
#include "process/exec_image.h"
#include "process/exec_script.h"
#include "process/exit.h"
#include "process/hooks.h"
#include "process/pid_table.h"
#include "process/signal.h"
#include "process/signal_state.h"
#include "process/trace.h"
#include "process/tree.h"
#include "process/user_dispatch.h"
#include "process/vdso.h"
#include "sched/scheduler.h"

namespace process {

namespace {

constexpr int kMaxScriptDepth = 5;  // interpreters that are scripts themselves

Result<Ref<object::File>> open_program(Task& self, std::string_view path) {
    const fs::WalkCtx walk{self.fs(), {self, self.credentials()}};
    return fs::open_for_exec(walk, path, fs::kFollow);
}

struct Loaded {
    Program program;
    std::optional<Program> interpreter;
};

// Follows `#!` lines until there is a program. `arguments` get the interpreters' names.
Result<Loaded> load(Task& self, Ref<object::File> file, std::string_view name, Arguments& arguments) {
    String script(TRY(String::create(name)));
    for (int depth = 0;; depth++) {
        const FileHead head = TRY(read_head(self, *file));
        const std::optional<ScriptLine> line = TRY(parse_script(head.view()));
        if (!line) {
            Loaded out{TRY(load_headers(self, std::move(file), head)), std::nullopt};
            return out;
        }
        if (depth >= kMaxScriptDepth) return Errno::kLOOP;
        TRY(arguments.put_interpreter(line->interpreter, line->argument, script.view()));
        script = TRY(String::create(line->interpreter));
        file = TRY(open_program(self, line->interpreter));
    }
}

Result<void> load_interpreter(Task& self, Loaded& loaded) {
    if (loaded.program.plan.interpreter_size == 0) return {};
    const String path = TRY(interpreter_path(self, loaded.program));
    Ref<object::File> file = TRY(open_program(self, path.view()));
    const FileHead head = TRY(read_head(self, *file));
    if (head.size < sizeof(abi::Elf64_Ehdr)) return Errno::kIO;
    Result<Program> program = load_headers(self, std::move(file), head);
    if (!program.ok()) return program.error() == Errno::kNOEXEC ? Errno::kLIBBAD : program.error();
    loaded.interpreter = program.take();
    return {};
}

// All other threads end; this one becomes the leader. EAGAIN: another thread is at it, or the process is dying.
Result<void> become_only_thread(Task& self) {
    Process& process = self.process();
    {
        auto s = process.signals().lock();
        if (s->exiting || s->exec_by != nullptr) return Errno::kAGAIN;
        if (s->thread_count > 1) {
            s->exec_by = &self;
            for (Task& other : s->threads) {
                if (&other != &self) wake_for_signal(other, true);
            }
        }
    }
    const auto alone = [&] { return process.signals().with([](SignalState& s) { return s.thread_count == 1; }); };
    const Result<void> waited = process.exec_queue.wait_killable(alone);
    auto s = process.signals().lock();
    s->exec_by = nullptr;
    if (!waited.ok()) return Errno::kAGAIN;
    if (self.is_leader()) return {};
    s.unlock();
    {
        TreeGuard tree;
        if (process.ended_leader != nullptr) forget_ended(*process.ended_leader);
        forget_remains(process);
    }
    const i32 old_tid = self.tid();
    self.set_tid(process.pid());
    pid::slot(process.pid()).task.store(&self, std::memory_order_release);
    pid::clear(old_tid, self);
    return {};
}

Result<void> unshare_files(Task& self) {
    if (self.files().ref_count() > 1) self.set_files(TRY(self.files().fork_copy()));
    return {};
}

std::string_view base_name(std::string_view path) {
    const usize slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

Result<void> reset_signals(Task& self) {
    self.signals.alternate = {0, 0, 0, 0};
    auto s = self.process().signals().lock();
    const OptRef<SignalActions> old = s->actions;  // dropped after the lock
    if (old->caught().empty() && !old->shared.load(std::memory_order_relaxed)) return {};
    s->actions = TRY(old->for_exec());
    return {};
}

bool randomises(const Task& self) { return (self.personality & abi::ADDR_NO_RANDOMIZE) == 0; }

// Where the program lies (its load bias), and where execution starts.
struct Placed {
    u64 bias = 0;
    u64 interpreter_base = 0;
    u64 entry = 0;
};

Result<Placed> map_all(vm::AddressSpace& space, Task& self, const Loaded& loaded) {
    const elf::Plan& plan = loaded.program.plan;
    Placed placed;
    if (plan.position_independent) {
        // Without interpreter (a static program, or the loader itself) it goes where mmap would put it.
        const u64 wanted = loaded.interpreter ? space.layout().pie_base : 0;
        placed.bias = TRY(choose_bias(space, loaded.program, wanted));
    }
    TRY(map_program(space, self, loaded.program, placed.bias));
    placed.entry = plan.entry + placed.bias;
    if (loaded.interpreter) {
        const elf::Plan& interpreter = loaded.interpreter->plan;
        const u64 bias = interpreter.position_independent ? TRY(choose_bias(space, *loaded.interpreter, 0)) : 0;
        TRY(map_program(space, self, *loaded.interpreter, bias));
        placed.interpreter_base = interpreter.lowest + bias;
        placed.entry = interpreter.entry + bias;
        TRY(clear_bss(*loaded.interpreter, bias));
    }
    return placed;
}

void set_bounds(vm::AddressSpace& space, const Loaded& loaded, const Placed& placed) {
    const elf::Plan& plan = loaded.program.plan;
    space.start_code = plan.code_start + placed.bias;
    space.end_code = plan.code_end + placed.bias;
    space.start_data = plan.data_start + placed.bias;
    space.end_data = plan.data_end + placed.bias;
    u64 brk = align_up(plan.highest + placed.bias, kPageSize);
    // The heap of a program that lies among the mappings starts where a dynamic program's would.
    if (plan.position_independent && !loaded.interpreter) brk = space.layout().pie_base;
    space.set_brk(align_up(brk + space.layout().brk_gap, kPageSize));
}

Result<void> map_stack(vm::AddressSpace& space, const Arguments& arguments, bool executable) {
    constexpr u64 kFirst = 128 * 1024;  // Linux: stack_expand
    const u64 strings = arguments.bytes().size() + (arguments.argc() + arguments.envp_lengths().size()) * sizeof(u64);
    const u64 length = align_up(strings, kPageSize) + kFirst;
    const vm::Prot prot = executable ? vm::Prot::kAll : vm::Prot::kReadWrite;
    (void)TRY(space.map({.hint = UserAddr(space.layout().stack_top - length),
                         .length = length,
                         .prot = prot,
                         .flags = vm::MapFlags::kFixed | vm::MapFlags::kGrowsDown,
                         .name = vm::MappingName::kStack}));
    return {};
}

class AuxList {
  public:
    void add(int type, u64 value) { entries_[count_++] = {static_cast<u64>(type), value}; }
    std::span<const AuxEntry> view() const { return std::span(entries_).first(count_); }

  private:
    std::array<AuxEntry, 24> entries_{};
    usize count_ = 0;
};

AuxList auxiliary_vector(const Task& self, const Loaded& loaded, const Placed& placed, u64 vdso, u64 execfn,
                         bool secure) {
    const object::Credentials& c = self.credentials();
    const arch::Features& cpu = arch::features();
    const elf::Plan& plan = loaded.program.plan;
    AuxList aux;
    if (vdso != 0) aux.add(abi::AT_SYSINFO_EHDR, vdso);
    aux.add(abi::AT_MINSIGSTKSZ,
            sizeof(abi::rt_sigframe) + arch::fpu_state_size() + 64 + 16 + abi::FP_XSTATE_MAGIC2_SIZE);
    aux.add(abi::AT_HWCAP, cpu.leaves.version.edx);
    aux.add(abi::AT_PAGESZ, kPageSize);
    aux.add(abi::AT_CLKTCK, 1'000'000'000 / kNsPerTick);
    aux.add(abi::AT_PHDR, plan.program_headers == 0 ? 0 : plan.program_headers + placed.bias);
    aux.add(abi::AT_PHENT, sizeof(abi::Elf64_Phdr));
    aux.add(abi::AT_PHNUM, loaded.program.header_count);
    aux.add(abi::AT_BASE, placed.interpreter_base);
    aux.add(abi::AT_FLAGS, 0);
    aux.add(abi::AT_ENTRY, plan.entry + placed.bias);
    aux.add(abi::AT_UID, c.uid);
    aux.add(abi::AT_EUID, c.euid);
    aux.add(abi::AT_GID, c.gid);
    aux.add(abi::AT_EGID, c.egid);
    aux.add(abi::AT_SECURE, secure ? 1 : 0);
    aux.add(abi::AT_HWCAP2, cpu.fsgsbase ? 2 : 0);  // HWCAP2_FSGSBASE
    aux.add(abi::AT_EXECFN, execfn);
    return aux;
}

// Fills the new stack, which must be loaded. The stack pointer.
Result<u64> fill_stack(Task& self, const Arguments& arguments, std::string_view name, const Loaded& loaded,
                       const Placed& placed, u64 vdso, bool secure) {
    vm::AddressSpace& space = self.address_space();
    const u64 top = space.layout().stack_top - sizeof(u64);
    const u64 execfn = top - name.size() - 1;
    const u64 strings = execfn - arguments.bytes().size();
    const AuxList aux = auxiliary_vector(self, loaded, placed, vdso, execfn, secure);
    const u64 gap = randomises(self) ? hw::random::below(8192) : 0;
    const StackLayout layout = TRY(build_stack(
        {.strings = strings, .argv_lengths = arguments.argv_lengths(), .envp_lengths = arguments.envp_lengths()}, gap,
        aux.view()));
    std::array<u8, 16> random;
    hw::random::fill(random);
    const auto put = [](u64 at, std::span<const u8> bytes) {
        return vm::UserSpan{UserAddr(at), bytes.size()}.copy_out(bytes);
    };
    TRY(put(strings, arguments.bytes()));
    TRY(put(execfn, base::bytes_of(name)));
    TRY(put(execfn + name.size(), std::array<u8, 1>{0}));
    TRY(put(layout.platform, base::bytes_of(kPlatform)));
    TRY(put(layout.random, random));
    TRY(vm::UserOut<u64>(UserAddr(layout.stack_pointer)).store_array(layout.words.span()));
    space.start_stack = layout.stack_pointer;
    space.arg_start = layout.arg_start, space.arg_end = layout.arg_end;
    space.env_start = layout.env_start, space.env_end = layout.env_end;
    self.process().auxv_address = UserAddr(layout.auxv);
    self.process().auxv_bytes = layout.stack_pointer + layout.words.size() * sizeof(u64) - layout.auxv;
    return layout.stack_pointer;
}

void delete_debug_registers(Task& self) {
    if (self.debug == nullptr) return;
    arch::DebugRegisters* old = std::exchange(self.debug, nullptr);
    arch::load_debug_registers();
    base::heap_free(old);
}

void start_registers(Task& self, arch::TrapFrame& frame, u64 entry, u64 stack_pointer) {
    const u64 call = frame.orig_rax;  // tracers look at it
    frame = arch::fresh_user_frame(UserAddr(entry), UserAddr(stack_pointer));
    frame.orig_rax = call;
    delete_debug_registers(self);
    arch::frame_changed();
    arch::write_user_fs_base(0);
    arch::write_user_gs_base(0);
    arch::fpu_reload_current();
    arch::fpu_init_state(*self.fpu);
    if (arch::features().protection_keys) arch::write_pkru(arch::kPkruInitial);
}

// Beyond the point of no return: an error means death.
Result<void> replace_program(Ctx& ctx, Loaded& loaded, const Arguments& arguments, std::string_view name,
                             Ref<vm::AddressSpace> space, ExecCredentials credentials) {
    Task& self = ctx.task;
    Process& process = self.process();
    TRY(become_only_thread(self));
    release_user_memory(self, ipc::Leaving::kMemory);
    self.set_address_space(OptRef<vm::AddressSpace>(space));
    space->drop_user();  // the one that came with it; the task counts itself
    release_vfork_parent(self);

    process.set_executable(loaded.program.file);
    space->exe_file = object::anchor_of(loaded.program.file);
    self.rseq = {};
    clear_user_dispatch(self);
    self.switch_work = 0;
    self.name.assign(base_name(name));
    self.personality &= ~static_cast<u32>(abi::READ_IMPLIES_EXEC | abi::ADDR_COMPAT_LAYOUT | abi::MMAP_PAGE_ZERO);
    if (credentials.secure) self.parent_death_signal = 0;
    process.dumpable.store(!credentials.secure, std::memory_order_relaxed);
    self.set_credentials(std::move(credentials.credentials));
    {
        TreeGuard guard;
        process.has_executed = true;
        process.exit_signal = abi::SIGCHLD;
    }
    self.files().close_on_exec();
    TRY(reset_signals(self));
    hooks::run_exec(process);

    TRY(map_stack(*space, arguments, loaded.program.plan.executable_stack));
    const Placed placed = TRY(map_all(*space, self, loaded));
    set_bounds(*space, loaded, placed);
    TRY(clear_bss(loaded.program, placed.bias));
    // Without it programs make the system calls.
    const u64 vdso = map_vdso(*space).value_or(UserAddr()).value;
    const u64 stack_pointer = TRY(fill_stack(self, arguments, name, loaded, placed, vdso, credentials.secure));
    start_registers(self, ctx.frame, placed.entry, stack_pointer);
    return {};
}

}  // namespace

Result<void> exec(Ctx& ctx, Ref<object::File> file, std::string_view name, const ExecStrings& strings) {
    Task& self = ctx.task;
    const i32 old_tid = self.tid();
    const u64 stack_limit = self.process().limits().soft(abi::RLIMIT_STACK);
    // setuid(2) cannot say that the new user has too many processes; exec does.
    if (std::exchange(self.exceeds_user_limit, false) &&
        self.user.tasks() > self.process().limits().soft(abi::RLIMIT_NPROC))
        return Errno::kAGAIN;
    Arguments arguments = TRY(Arguments::gather(strings, stack_limit));
    Loaded loaded = TRY(load(self, std::move(file), name, arguments));
    TRY(load_interpreter(self, loaded));
    ExecCredentials credentials = TRY(credentials_for_exec(self, *loaded.program.file));
    TRY(unshare_files(self));
    Ref<vm::AddressSpace> space = TRY(vm::AddressSpace::create());
    space->set_layout(vm::choose_layout(randomises(self), stack_limit));
    apply_limits(self.process(), *space);
    if (const OptRef<vm::AddressSpace> old = self.address_space_of())
        space->large_pages_off.store(old->large_pages_off.load(std::memory_order_relaxed), std::memory_order_relaxed);

    const Result<void> replaced =
        replace_program(ctx, loaded, arguments, name, std::move(space), std::move(credentials));
    if (replaced.ok()) {
        trace_exec(self, old_tid);
        return {};
    }
    // Linux: force_fatal_sig(SIGSEGV) in bprm_execve(), unless it is dying anyhow.
    if (!self.killed()) start_group_exit(self.process(), abi::SIGSEGV);
    return replaced.error();
}

}  // namespace process
