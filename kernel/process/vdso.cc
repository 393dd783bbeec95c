#include "process/vdso.h"

#include "arch/image.h"
#include "hw/random.h"
#include "time/vdso/image.h"

namespace process {
namespace {

// Both lie in the kernel's image: pages that are mapped, never counted or freed.
constinit OptRef<vm::MemoryObject> data_object, code_object;

// One level-1 page table: what it spans is the stack's already, so the two cost no table of their own.
constexpr u64 kTableSpan = kPageSize * 512;

vm::MapRequest data_request(UserAddr at, vm::MapFlags place) {
    return {.hint = at,
            .length = kPageSize,
            .prot = vm::Prot::kRead,
            .max_prot = vm::Prot::kRead,
            .flags = place | vm::MapFlags::kDontDump,
            .object = data_object,
            .name = vm::MappingName::kVvar};
}

// Debuggers may put break points into a private copy, as on Linux (VM_MAYWRITE).
vm::MapRequest code_request(UserAddr at) {
    return {.hint = at,
            .length = time::vdso::image().size(),
            .prot = vm::Prot::kReadExec,
            .flags = vm::MapFlags::kFixed | vm::MapFlags::kPopulate,
            .object = code_object,
            .name = vm::MappingName::kVdso};
}

// Above the stack, at a random page below the end of its page table (Linux: vdso_addr()). Null: no room there.
UserAddr place_above_stack(const vm::SpaceLayout& layout, u64 length) {
    const u64 start = layout.stack_top;
    u64 end = align_up(start, kTableSpan);
    if (end > kUserLimit) end = kUserLimit;
    if (start == 0 || start + length > end) return {};
    const u64 places = ((end - start - length) >> kPageShift) + 1;
    return UserAddr(start + (hw::random::below(places) << kPageShift));
}

}  // namespace

Result<void> init_vdso() {
    const std::span<const u8> image = time::vdso::image();
    data_object = TRY(vm::DeviceObject::create(arch::image_phys(time::vdso::data_page()), kPageSize));
    code_object = TRY(vm::DeviceObject::create(arch::image_phys(image.data()), image.size()));
    return {};
}

Result<UserAddr> map_vdso(vm::AddressSpace& space) {
    if (!code_object) return Errno::kNOEXEC;
    const u64 length = kPageSize + time::vdso::image().size();
    UserAddr base = place_above_stack(space.layout(), length);
    if (!base.is_null()) {
        if (!space.map(data_request(base, vm::MapFlags::kNoReplace)).ok()) base = {};
    }
    if (base.is_null()) {
        // Anywhere: the whole range is taken first, then both parts go into it.
        base = TRY(space.map({.length = length, .name = vm::MappingName::kVvar}));
        TRY(space.map(data_request(base, vm::MapFlags::kFixed)));
    }
    const UserAddr code = base + kPageSize;
    TRY(space.map(code_request(code)));
    space.vdso_base = code.value;
    return code;
}

}  // namespace process
