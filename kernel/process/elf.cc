#include "process/elf.h"

#include <bit>

#include "base/bytes.h"

namespace process::elf {

Result<abi::Elf64_Ehdr> parse_header(std::span<const u8> start) {
    auto read = base::read_at<abi::Elf64_Ehdr>(start, 0);
    if (!read.ok()) return Errno::kNOEXEC;
    const abi::Elf64_Ehdr header = read.take();
    const std::span<const u8> ident(header.e_ident);
    if (ident[0] != abi::ELFMAG0 || ident[1] != abi::ELFMAG1 || ident[2] != abi::ELFMAG2 || ident[3] != abi::ELFMAG3) {
        return Errno::kNOEXEC;
    }
    if (header.e_type != abi::ET_EXEC && header.e_type != abi::ET_DYN) return Errno::kNOEXEC;
    if (header.e_machine != abi::EM_X86_64) return Errno::kNOEXEC;
    if (header.e_phentsize != sizeof(abi::Elf64_Phdr) || header.e_phnum == 0) return Errno::kNOEXEC;
    if (program_header_bytes(header) > kMaxProgramHeaderBytes) return Errno::kNOEXEC;
    return header;
}

namespace {

Result<Segment> plan_segment(const abi::Elf64_Phdr& p) {
    // Linux: BAD_ADDR(k) || filesz > memsz || memsz > TASK_SIZE || TASK_SIZE - memsz < k.
    if (p.p_vaddr >= kUserLimit || p.p_filesz > p.p_memsz || p.p_memsz > kUserLimit ||
        kUserLimit - p.p_memsz < p.p_vaddr) {
        return Errno::kINVAL;
    }
    const u64 in_page = p.p_vaddr & (kPageSize - 1);
    // An offset that is not congruent would have to be mapped misaligned.
    if (p.p_filesz > 0 && (p.p_offset & (kPageSize - 1)) != in_page) return Errno::kINVAL;
    Segment s;
    s.flags = p.p_flags & 7;
    s.map_start = p.p_vaddr - in_page;
    s.end = p.p_vaddr + p.p_memsz;
    const u64 file_end = p.p_vaddr + p.p_filesz;
    if (p.p_filesz > 0) {
        s.file_offset = p.p_offset - in_page;
        s.file_length = p.p_filesz + in_page;
        if (s.file_offset + s.file_length < s.file_offset) return Errno::kINVAL;
        s.anon_start = align_up(file_end, kPageSize);
        if (p.p_memsz > p.p_filesz) {
            s.zero_start = file_end;
            s.zero_end = s.anon_start < s.end ? s.anon_start : s.end;
            // To the end of the page: user space takes what follows .bss for zero as well.
            if (s.zero_end != s.zero_start) s.zero_end = s.anon_start;
        }
    } else {
        s.anon_start = s.map_start;
    }
    s.anon_end = align_up(s.end, kPageSize);
    if (s.anon_end < s.anon_start || p.p_memsz == p.p_filesz) s.anon_end = s.anon_start;
    return s;
}

void note_addresses(Plan& plan, const abi::Elf64_Phdr& p) {
    if (plan.data_start < p.p_vaddr) plan.data_start = p.p_vaddr;
    if (plan.code_start > p.p_vaddr) plan.code_start = p.p_vaddr;
    const u64 file_end = p.p_vaddr + p.p_filesz;
    if ((p.p_flags & abi::PF_X) != 0 && plan.code_end < file_end) plan.code_end = file_end;
    if (plan.data_end < file_end) plan.data_end = file_end;
    if (plan.highest < p.p_vaddr + p.p_memsz) plan.highest = p.p_vaddr + p.p_memsz;
}

}  // namespace

Result<Plan> plan(const abi::Elf64_Ehdr& header, std::span<const abi::Elf64_Phdr> headers) {
    Plan plan;
    plan.entry = header.e_entry;
    plan.position_independent = header.e_type == abi::ET_DYN;
    plan.alignment = kPageSize;
    u64 lowest = ~u64{0}, highest = 0;
    bool have_interpreter = false;
    for (const abi::Elf64_Phdr& p : headers) {
        switch (p.p_type) {
            case abi::PT_INTERP:
                if (have_interpreter) break;  // the first one counts
                if (p.p_filesz > kMaxInterpreterPath || p.p_filesz < 2) return Errno::kNOEXEC;
                plan.interpreter_offset = p.p_offset;
                plan.interpreter_size = p.p_filesz;
                have_interpreter = true;
                break;
            case abi::PT_GNU_STACK: plan.executable_stack = (p.p_flags & abi::PF_X) != 0; break;
            case abi::PT_LOAD: {
                const Segment s = TRY(plan_segment(p));
                if (std::has_single_bit(p.p_align) && p.p_align > plan.alignment) plan.alignment = p.p_align;
                if (s.map_start < lowest) lowest = s.map_start;
                if (s.end > highest) highest = s.end;
                if (p.p_offset <= header.e_phoff && header.e_phoff < p.p_offset + p.p_filesz) {
                    plan.program_headers = header.e_phoff - p.p_offset + p.p_vaddr;
                }
                note_addresses(plan, p);
                if (p.p_memsz > 0) TRY(plan.segments.try_push(s));
                break;
            }
            default: break;
        }
    }
    if (highest <= lowest || plan.segments.empty()) return Errno::kINVAL;
    plan.lowest = lowest;
    plan.total = highest - lowest;
    return plan;
}

}  // namespace process::elf
