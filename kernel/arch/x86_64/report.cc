// Text of exception reports, and the frame-pointer walk.
// Callers: see report.h.
// Locks, context: any; no allocation, little stack.
#include "arch/report.h"

#include "arch/cpu.h"
#include "base/format.h"

#pragma GCC visibility push(hidden)
extern "C" const i32 kcfi_traps_start[], kcfi_traps_end[];  // each relative to its own address
#pragma GCC visibility pop

namespace arch {
namespace {

// One line of text, cut when full.
struct Line {
    char text[160];
    usize length = 0;
    void write(std::string_view s) {
        for (const char c : s) {
            if (length < sizeof(text)) text[length++] = c;
        }
    }
    std::string_view view() const { return {text, length}; }
};

template <typename... Args>
void print(LineSink sink, void* context, base::FormatString<std::type_identity_t<Args>...> format,
           const Args&... args) {
    Line line;
    base::format_to(line, format, args...);
    sink(context, line.view());
}

void page_fault_line(u64 error, u64 address, LineSink sink, void* context) {
    const char* access = (error & fault::kFetch) ? "execution of" : (error & fault::kWrite) ? "write to" : "read of";
    const char* reason = (error & fault::kReserved)        ? "a reserved bit is set in its page tables"
                         : (error & fault::kProtectionKey) ? "its protection key forbids it"
                         : (error & fault::kPresent)       ? "its rights forbid it"
                                                           : "it is not mapped";
    print(sink, context, "{} {:#018x} by {} code: {}", std::string_view(access), address,
          std::string_view((error & fault::kUser) ? "user" : "kernel"), std::string_view(reason));
}

void code_line(const TrapFrame& frame, ReadableCheck readable, LineSink sink, void* context) {
    constexpr usize kBefore = 16, kAfter = 16;
    const u64 from = frame.rip - kBefore;
    if (frame.from_user() || readable == nullptr || !readable(from, kBefore + kAfter)) return;
    Line line;
    line.write("code:");
    for (usize i = 0; i < kBefore + kAfter; ++i) {
        const u8 byte = reinterpret_cast<const u8*>(from)[i];  // `readable` said so
        if (i == kBefore) {
            base::format_to(line, " <{:02x}>", byte);
        } else {
            base::format_to(line, " {:02x}", byte);
        }
    }
    sink(context, line.view());
}

}  // namespace

void report_exception(const TrapFrame& f, u8 vector, u64 error, u64 fault_addr, ReadableCheck readable, LineSink sink,
                      void* context) {
    print(sink, context, "{} (vector {}, error code {:#x}) in {} mode on CPU {}", std::string_view(vector_name(vector)),
          vector, error, std::string_view(f.from_user() ? "user" : "kernel"), cpu_id());
    if (vector == static_cast<u8>(Vector::kPageFault)) page_fault_line(error, fault_addr, sink, context);
    if (vector == static_cast<u8>(Vector::kInvalidOpcode) && !f.from_user() && is_cfi_trap(f.rip)) {
        sink(context, "an indirect call reached a function of another type (kCFI)");
    }
    print(sink, context, "rip {:04x}:{:016x}  rsp {:04x}:{:016x}  rflags {:08x}", f.cs, f.rip, f.ss, f.rsp, f.rflags);
    print(sink, context, "rax {:016x}  rbx {:016x}  rcx {:016x}  rdx {:016x}", f.rax, f.rbx, f.rcx, f.rdx);
    print(sink, context, "rsi {:016x}  rdi {:016x}  rbp {:016x}  r8  {:016x}", f.rsi, f.rdi, f.rbp, f.r8);
    print(sink, context, "r9  {:016x}  r10 {:016x}  r11 {:016x}  r12 {:016x}", f.r9, f.r10, f.r11, f.r12);
    print(sink, context, "r13 {:016x}  r14 {:016x}  r15 {:016x}", f.r13, f.r14, f.r15);
    print(sink, context, "cr0 {:08x}  cr2 {:016x}  cr3 {:016x}  cr4 {:08x}", read_cr0(), read_cr2(), read_cr3(),
          read_cr4());
    code_line(f, readable, sink, context);
}

bool is_cfi_trap(u64 rip) {
    for (const i32* trap = kcfi_traps_start; trap < kcfi_traps_end; ++trap) {
        if (reinterpret_cast<u64>(trap) + static_cast<u64>(i64{*trap}) == rip) return true;
    }
    return false;
}

}  // namespace arch
