// The parts of exec: opening and checking programs, mapping them, and their first stack.
// Callers: process/exec.cc.
// Locks, context: thread context, no locks held.
#pragma once

#include <array>

#include "object/file.h"
#include "process/elf.h"
#include "process/exec.h"
#include "process/stack_image.h"
#include "vm/address_space.h"

namespace process {

// The first bytes of a file, which tell its kind (Linux: BINPRM_BUF_SIZE).
inline constexpr usize kHeadBytes = 256;
struct FileHead {
    std::array<u8, kHeadBytes> bytes{};
    usize size = 0;
    std::span<const u8> view() const { return std::span(bytes).first(size); }
};
Result<FileHead> read_head(Task& self, object::File& file);
// Exactly `to.size()` bytes at `offset`, or EIO.
Result<void> read_exactly(Task& self, object::File& file, u64 offset, std::span<u8> to);

// A program or interpreter whose headers are sound.
struct Program {
    Ref<object::File> file;
    elf::Plan plan;
    u16 header_count = 0;
};
// ENOEXEC and what reading gives.
Result<Program> load_headers(Task& self, Ref<object::File> file, const FileHead& head);
// PT_INTERP's path. ENOEXEC: not terminated.
Result<String> interpreter_path(Task& self, const Program& program);

// Maps the program's segments into `space` shifted by `bias`.
Result<void> map_program(vm::AddressSpace& space, Task& self, const Program& program, u64 bias);
// Reserves a place of the plan's size: where its lowest address shall lie. `wanted` 0: anywhere.
Result<u64> choose_bias(vm::AddressSpace& space, const Program& program, u64 wanted);
// Clears the parts of file pages that belong to .bss; `space` must be loaded.
Result<void> clear_bss(const Program& program, u64 bias);

// argv and envp, gathered in kernel memory in the order in which they lie on the new stack.
class Arguments {
  public:
    // E2BIG, EFAULT, ENOMEM. `stack_limit`: RLIMIT_STACK.
    static Result<Arguments> gather(const ExecStrings& strings, u64 stack_limit);
    // For scripts: argv[0] is replaced by `interpreter`, `argument` (may be empty) and `script`.
    Result<void> put_interpreter(std::string_view interpreter, std::string_view argument, std::string_view script);

    std::span<const u32> argv_lengths() const { return argv_.span(); }
    std::span<const u32> envp_lengths() const { return envp_.span(); }
    std::span<const u8> bytes() const { return bytes_.span(); }
    usize argc() const { return argv_.size(); }

  private:
    Result<void> add_user_array(UserAddr array, Vector<u32>& lengths, u64 limit);
    Result<void> add_user_string(UserAddr string, Vector<u32>& lengths, u64 limit);
    Result<void> add(std::string_view text, Vector<u32>& lengths);
    Result<std::span<u8>> extend(usize n);

    Vector<u32> argv_, envp_;  // lengths with their NULs
    Vector<u8> bytes_;
};

}  // namespace process
