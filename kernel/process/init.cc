// Process 1.
#include "process/procfs/init.h"
#include "arch/context.h"
#include "fs/operations.h"
#include "log/log.h"
#include "process/exec.h"
#include "process/exit.h"
#include "process/pid_table.h"
#include "process/tree.h"
#include "process/vdso.h"
#include "sched/scheduler.h"
#include "time/clock.h"

namespace process {

namespace {

struct InitArguments {
    String path;
    OptRef<object::File> file;
    Vector<String> argv, envp;
};

Result<Vector<std::string_view>> views_of(const Vector<String>& strings) {
    Vector<std::string_view> views;
    TRY(views.try_reserve(strings.size()));
    for (const String& s : strings) views.push_reserved(s.view());
    return views;
}

Result<Vector<String>> copies_of(std::span<const std::string_view> texts) {
    Vector<String> copies;
    TRY(copies.try_reserve(texts.size()));
    for (std::string_view text : texts) copies.push_reserved(TRY(String::create(text)));
    return copies;
}

Result<void> exec_init(Ctx& ctx, InitArguments& arguments) {
    const Vector<std::string_view> argv = TRY(views_of(arguments.argv)), envp = TRY(views_of(arguments.envp));
    return exec(ctx, arguments.file.take(), arguments.path.view(),
                {.argv = argv.span(), .envp = envp.span(), .kernel = true});
}

// What process 1's thread runs first, in the kernel.
void run_init(void* argument) {
    arch::TrapFrame frame{};
    {
        Own<InitArguments> arguments(static_cast<InitArguments*>(argument));
        Ctx ctx{current(), frame};
        const Result<void> started = exec_init(ctx, *arguments);
        if (!started.ok()) log::panic("cannot run init {}: {}", arguments->path.view(), started.error());
    }
    arch::enter_user_mode(frame);
}

// Descriptors 0, 1 and 2, as Linux's console_on_rootfs().
void open_console(object::DescriptorTable& files, const fs::WalkCtx& walk) {
    const Result<Ref<object::File>> console = fs::open(walk, "/dev/console", {.flags = abi::O_RDWR});
    if (!console.ok()) {
        log::warn("no initial console: /dev/console: {}", console.error());
        return;
    }
    for (int fd = 0; fd < 3; fd++) (void)files.install(console.value(), false);
}

u64 default_process_limit() { return 15000; }

Result<Ref<Process>> make_process() {
    Ref<Process> process = TRY(Process::create());
    process->limits() = Limits::initial(default_process_limit());
    process->started = time::now();
    process->exit_signal = abi::SIGCHLD;
    SignalState& s = process->signals().unguarded();
    s.actions = TRY(SignalActions::create());
    s.unkillable = true;
    return process;
}

}  // namespace

Result<void> start_init(std::string_view path, std::span<const std::string_view> args,
                        std::span<const std::string_view> env) {
    // Opened here, so that the caller hears of a program that is not there and may try another.
    Ref<fs::FsContext> context = TRY(fs::initial_context());
    Ref<object::Credentials> root = TRY(object::Credentials::create_root());
    const fs::WalkCtx walk{*context, {sched::current(), *root}};
    Own<InitArguments> arguments = TRY(make_own<InitArguments>());
    arguments->file = TRY(fs::open_for_exec(walk, path, fs::kFollow));
    TRY(init_vdso());
    TRY(procfs::init());
    arguments->path = TRY(String::create(path));
    arguments->argv = TRY(copies_of(args));
    arguments->envp = TRY(copies_of(env));

    Ref<Process> process = TRY(make_process());
    Ref<Task> task = TRY(Task::create(*process));
    arch::fpu_init_state(*task->fpu);
    task->name.assign("init");
    task->set_credentials(root);
    Ref<object::DescriptorTable> files = TRY(object::DescriptorTable::create());
    files->set_limit(process->limits().soft(abi::RLIMIT_NOFILE));
    open_console(*files, walk);
    task->set_files(OptRef<object::DescriptorTable>(std::move(files)));
    task->set_fs(OptRef<fs::FsContext>(std::move(context)));
    task->set_uts(OptRef<UtsNamespace>(TRY(UtsNamespace::create())));
    const i32 number = TRY(pid::reserve());
    ASSERT(number == 1);
    task->set_tid(number);
    process->set_pid(number);
    // No session of its own until it asks: as Linux, where session and group of process 1 have number 0 at first.
    Ref<Group> group = TRY(create_group(number, TRY(create_session_object(number))));
    TRY(sched::prepare_kernel_thread(*task, run_init, arguments.get()));
    (void)arguments.release();
    {
        TreeGuard guard;
        (void)join_group(*process, std::move(group));
        auto s = process->signals().lock();
        s->threads.push_back(*task);
        s->thread_count = 1;
        pid::slot(number).task.store(task.get(), std::memory_order_release);
        pid::slot(number).process.store(process.get(), std::memory_order_release);
    }
    (void)process.leak();  // the tree's
    sched::start(*task.leak());
    return {};
}

}  // namespace process
