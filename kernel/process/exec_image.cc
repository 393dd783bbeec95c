#include "process/exec_image.h"

#include "abi/linux/elf.h"
#include "base/bytes.h"
#include "object/file_anchor.h"
#include "vm/user_memory.h"

namespace process {

namespace {

Result<usize> read_some(Task& self, object::File& file, u64 offset, std::span<u8> to) {
    object::IoCtx io{.thread = self, .flags = object::IoCtx::kPositioned};
    usize done = 0;
    while (done < to.size()) {
        vm::IoWriter writer = vm::IoWriter::from_kernel(to.subspan(done));
        const usize n = TRY(file.pread(io, writer, offset + done));
        if (n == 0) break;
        done += n;
    }
    return done;
}

vm::Prot prot_of(u32 flags) {
    vm::Prot prot = vm::Prot::kNone;
    if ((flags & abi::PF_R) != 0) prot = prot | vm::Prot::kRead;
    if ((flags & abi::PF_W) != 0) prot = prot | vm::Prot::kWrite;
    if ((flags & abi::PF_X) != 0) prot = prot | vm::Prot::kExec;
    return prot;
}

Result<void> map_file_part(vm::AddressSpace& space, Task& self, const Program& program, const elf::Segment& s,
                           u64 bias) {
    if (s.file_length == 0) return {};
    Ref<vm::MemoryObject> object = TRY(program.file->map({.thread = self,
                                                          .offset = s.file_offset,
                                                          .length = s.file_length,
                                                          .shared = false,
                                                          .write = (s.flags & abi::PF_W) != 0,
                                                          .execute = true}));
    (void)TRY(space.map({.hint = UserAddr(s.map_start + bias),
                         .length = s.file_length,
                         .prot = prot_of(s.flags),
                         .flags = vm::MapFlags::kFixed,
                         .object = std::move(object),
                         .offset = s.file_offset,
                         .file = object::anchor_of(program.file)}));
    return {};
}

Result<void> map_zero_part(vm::AddressSpace& space, const elf::Segment& s, u64 bias) {
    if (s.anon_end <= s.anon_start) return {};
    // Linux's set_brk() gives .bss the right to execute, but never less than read and write.
    const vm::Prot prot = prot_of(s.flags) | vm::Prot::kReadWrite;
    (void)TRY(space.map({.hint = UserAddr(s.anon_start + bias),
                         .length = s.anon_end - s.anon_start,
                         .prot = prot,
                         .flags = vm::MapFlags::kFixed}));
    return {};
}

}  // namespace

Result<FileHead> read_head(Task& self, object::File& file) {
    FileHead head;
    head.size = TRY(read_some(self, file, 0, head.bytes));
    return head;
}

Result<void> read_exactly(Task& self, object::File& file, u64 offset, std::span<u8> to) {
    const usize n = TRY(read_some(self, file, offset, to));
    return n == to.size() ? Result<void>() : Errno::kIO;
}

Result<Program> load_headers(Task& self, Ref<object::File> file, const FileHead& head) {
    const abi::Elf64_Ehdr header = TRY(elf::parse_header(head.view()));
    const usize bytes = elf::program_header_bytes(header);
    Vector<u8> raw;
    const std::span<u8> room = TRY(raw.try_extend(bytes));
    if (auto near = base::slice(head.view(), header.e_phoff, bytes); near.ok()) {
        base::copy(room, near.value());
    } else if (!read_exactly(self, *file, header.e_phoff, room).ok()) {
        return Errno::kNOEXEC;
    }
    Vector<abi::Elf64_Phdr> headers;
    const std::span<abi::Elf64_Phdr> table = TRY(headers.try_extend(header.e_phnum));
    for (usize i = 0; i < table.size(); i++)
        table[i] = TRY(base::read_at<abi::Elf64_Phdr>(room, i * sizeof(abi::Elf64_Phdr)));
    elf::Plan plan = TRY(elf::plan(header, table));
    return Program{std::move(file), std::move(plan), header.e_phnum};
}

Result<String> interpreter_path(Task& self, const Program& program) {
    Vector<u8> bytes;
    const std::span<u8> text = TRY(bytes.try_extend(program.plan.interpreter_size));
    TRY(read_exactly(self, *program.file, program.plan.interpreter_offset, text));
    if (text.back() != 0) return Errno::kNOEXEC;
    std::string_view path = base::text_of(text);
    return String::create(path.substr(0, path.find('\0')));
}

Result<void> map_program(vm::AddressSpace& space, Task& self, const Program& program, u64 bias) {
    for (const elf::Segment& segment : program.plan.segments) {
        TRY(map_file_part(space, self, program, segment, bias));
        TRY(map_zero_part(space, segment, bias));
    }
    return {};
}

Result<u64> choose_bias(vm::AddressSpace& space, const Program& program, u64 wanted) {
    const elf::Plan& plan = program.plan;
    if (wanted != 0) return align_down(wanted, plan.alignment) - plan.lowest;
    // A place for all of it, found by mapping and unmapping; nobody else has this address space yet.
    const u64 length = plan.total + plan.alignment;
    const UserAddr place =
        TRY(space.map({.length = length, .prot = vm::Prot::kNone, .flags = vm::MapFlags::kNoReserve}));
    TRY(space.unmap(place, length));
    return align_up(place.value, plan.alignment) - plan.lowest;
}

Result<void> clear_bss(const Program& program, u64 bias) {
    for (const elf::Segment& s : program.plan.segments) {
        if (s.zero_end <= s.zero_start) continue;
        const usize n = s.zero_end - s.zero_start;
        const Result<void> cleared = vm::UserSpan{UserAddr(s.zero_start + bias), n}.clear(0, n);
        // Of a segment that cannot be written nothing is cleared (Linux ignores it for old linkers' sake).
        if (!cleared.ok() && (s.flags & abi::PF_W) != 0) return Errno::kFAULT;
    }
    return {};
}

}  // namespace process
