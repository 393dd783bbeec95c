#include "linux/glue/strace.h"

#include "base/format.h"
#include "linux/glue/strace_values.h"
#include "log/log.h"

namespace linux_abi {
namespace {

// Written once, before process 1 exists.
constinit FixedString<64> traced_program;

bool is_traced(const process::Task& task) {
    const std::string_view wanted = traced_program.view();
    return wanted == "all" || task.name.view() == wanted.substr(0, 15);
}

}  // namespace

void strace_configure(std::string_view program) {
    traced_program.assign(program);
    if (!program.empty()) process::new_task_syscall_work.store(process::kSyscallStrace, std::memory_order_relaxed);
}

StraceRecord::StraceRecord(const Ctx& ctx, u32 number) {
    static constexpr CallInfo kUnknown{"syscall", {}, ResultKind::kNumber};
    if (!is_traced(ctx.task)) return;
    info_ = number < kCallCount && !kCalls[number].name.empty() ? &kCalls[number] : &kUnknown;
    const arch::TrapFrame& f = ctx.frame;
    registers_ = {f.rdi, f.rsi, f.rdx, f.r10, f.r8, f.r9};
    base::format_to(line_, "[{}] {}(", ctx.task.tid(), info_->name);
    if (info_ == &kUnknown) base::format_to(line_, "{}", number);
    print_arguments(false, 0);
    if (info_->result != ResultKind::kNone) return;
    line_.append(") = ?");
    log::info("{}", line_.view());
    info_ = nullptr;
}

// Before the call: up to the first argument whose memory the call fills. After it: the rest.
void StraceRecord::print_arguments(bool after_call, u64 result) {
    const bool failed = static_cast<i64>(result) < 0 && static_cast<i64>(result) >= -4095;
    for (; printed_ < info_->arguments.size(); printed_++) {
        const ArgumentInfo& argument = info_->arguments[printed_];
        const bool is_pointer = argument.kind == ArgumentKind::kPointer;
        const bool is_output = is_pointer && argument.direction != Direction::kIn;
        if (is_output && !after_call) return;
        if (printed_ != 0) line_.append(", ");
        const u64 value = registers_[printed_];
        u64 count = argument.count_argument == ArgumentInfo::kNo ? argument.count : registers_[argument.count_argument];
        // What a call filled is as long as its result says.
        if (argument.direction == Direction::kOut && argument.count_argument != ArgumentInfo::kNo && result < count)
            count = result;
        if (argument.kind == ArgumentKind::kText) {
            print_text(line_, value);
        } else if (is_pointer && !(failed && argument.direction == Direction::kOut)) {
            print_pointee(line_, argument, value, count);
        } else {
            print_scalar(line_, argument, value);
        }
    }
}

void StraceRecord::finish(u64 result) {
    if (info_ == nullptr) return;
    print_arguments(true, result);
    line_.push(')');
    print_result(line_, info_->result, result);
    log::info("{}", line_.view());
}

}  // namespace linux_abi
