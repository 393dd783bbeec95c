// Source: Linux 6.1 fs/binfmt_elf.c (elf_core_dump, writenote, fill_files_note).
#include "process/core_file.h"

#include "abi/linux/elf.h"
#include "base/bytes.h"

namespace process {

namespace {

constexpr usize kNoteAlignment = 4;
constexpr std::array<u8, kNoteAlignment> kPadding{};

Result<void> append(Vector<u8>& to, std::span<const u8> bytes) {
    if (bytes.empty()) return {};
    base::copy(TRY(to.try_extend(bytes.size())), bytes);
    return {};
}

}  // namespace

Result<void> CoreNotes::put(std::span<const u8> bytes, usize padded) {
    TRY(append(bytes_, bytes));
    return append(bytes_, std::span(kPadding).first(padded - bytes.size()));
}

Result<void> CoreNotes::add(std::string_view name, u32 type, std::span<const u8> contents) {
    const abi::Elf64_Nhdr header{static_cast<u32>(name.size() + 1), static_cast<u32>(contents.size()), type};
    TRY(append(bytes_, base::bytes_of(header)));
    TRY(put(base::bytes_of(name), align_up(name.size() + 1, kNoteAlignment)));
    return put(contents, align_up(contents.size(), kNoteAlignment));
}

Result<void> CoreFileList::add(u64 start, u64 end, u64 offset, std::string_view name) {
    TRY(append(names_, base::bytes_of(name)));
    TRY(names_.try_push(0));
    return ranges_.try_push({start, end, offset / kPageSize});
}

Result<Vector<u8>> CoreFileList::encode() const {
    Vector<u8> out;
    const std::array<u64, 2> head{ranges_.size(), kPageSize};
    TRY(append(out, base::bytes_of(head)));
    for (const Range& r : ranges_) TRY(append(out, base::bytes_of(r)));
    TRY(append(out, names_.span()));
    return out;
}

Result<CoreHeader> core_header(std::span<const CoreSegment> segments, u64 note_bytes) {
    const usize count = segments.size() + 1;
    if (count >= static_cast<usize>(abi::PN_XNUM)) return Errno::k2BIG;
    CoreHeader out{};
    abi::Elf64_Ehdr ehdr{};
    const std::array<u8, 7> ident{abi::ELFMAG0,    abi::ELFMAG1,     abi::ELFMAG2,   abi::ELFMAG3,
                                  abi::ELFCLASS64, abi::ELFDATA2LSB, abi::EV_CURRENT};
    base::copy(ehdr.e_ident, ident);
    ehdr.e_type = abi::ET_CORE;
    ehdr.e_machine = abi::EM_X86_64;
    ehdr.e_version = abi::EV_CURRENT;
    ehdr.e_phoff = sizeof(abi::Elf64_Ehdr);
    ehdr.e_ehsize = sizeof(abi::Elf64_Ehdr);
    ehdr.e_phentsize = sizeof(abi::Elf64_Phdr);
    ehdr.e_phnum = static_cast<u16>(count);
    TRY(append(out.bytes, base::bytes_of(ehdr)));

    u64 offset = sizeof(abi::Elf64_Ehdr) + count * sizeof(abi::Elf64_Phdr);
    const abi::Elf64_Phdr notes{.p_type = abi::PT_NOTE,
                                .p_flags = 0,
                                .p_offset = offset,
                                .p_vaddr = 0,
                                .p_paddr = 0,
                                .p_filesz = note_bytes,
                                .p_memsz = 0,
                                .p_align = kNoteAlignment};
    TRY(append(out.bytes, base::bytes_of(notes)));
    offset = align_up(offset + note_bytes, u64{kPageSize});
    out.data_offset = offset;
    for (const CoreSegment& s : segments) {
        const abi::Elf64_Phdr load{.p_type = abi::PT_LOAD,
                                   .p_flags = s.flags,
                                   .p_offset = offset,
                                   .p_vaddr = s.start,
                                   .p_paddr = 0,
                                   .p_filesz = s.bytes,
                                   .p_memsz = s.end - s.start,
                                   .p_align = kPageSize};
        TRY(append(out.bytes, base::bytes_of(load)));
        offset += s.bytes;
    }
    return out;
}

}  // namespace process
