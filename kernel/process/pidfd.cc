#include "process/pidfd.h"

#include "process/tree.h"
#include "vm/user_memory.h"

namespace process {

PidFile::PidFile(Ref<Process> process, u32 flags) : File(abi::O_RDWR | flags), process_(std::move(process)) {}

u32 PidFile::poll(object::PollTable* table) {
    if (table != nullptr) table->watch(process_->end_events);
    TreeGuard guard;
    return process_->life == Life::kRunning ? 0 : object::kPollIn;
}

void PidFile::describe(base::FormatSink sink) { sink.write(sink.self, "anon_inode:[pidfd]"); }

void PidFile::describe_info(base::FormatSink sink) {
    bool gone = false;
    {
        TreeGuard guard;
        gone = process_->life == Life::kReaped;
    }
    FixedString<64> text;
    const i32 pid = gone ? -1 : process_->pid();
    base::format_to(text, "Pid:\t{}\nNSpid:\t{}\n", pid, pid);
    sink.write(sink.self, text.view());
}

Result<int> create_pidfd(Task& task, Process& process, u32 flags) {
    Ref<object::File> file = TRY(make_ref<PidFile>(Ref<Process>(process), flags));
    return task.files().install(std::move(file), true);
}

Result<void> install_pidfd(Task& parent, Process& child, UserAddr where) {
    const int fd = TRY(create_pidfd(parent, child, 0));
    if (Result<void> stored = vm::UserOut<i32>(where).store(fd); !stored.ok()) {
        (void)parent.files().close(fd);
        return stored.error();
    }
    return {};
}

}  // namespace process
