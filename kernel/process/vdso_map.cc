#include "process/vdso_map.h"

#include "arch/image.h"
#include "sync/once.h"
#include "time/vdso/image.h"
#include "vm/address_space.h"

namespace process {

namespace {

// Made at the first exec and kept.
struct VdsoObjects {
    OptRef<vm::MemoryObject> data, image;
};
constinit VdsoObjects objects;
constinit sync::Once made;

void make_objects() {
    const std::span<const u8> image = time::vdso::image();
    if (image.empty()) return;
    auto data = vm::DeviceObject::create(arch::image_phys(time::vdso::data_page()), kPageSize);
    auto code = vm::DeviceObject::create(arch::image_phys(image.data()), align_up<u64>(image.size(), kPageSize));
    if (!data.ok() || !code.ok()) return;
    objects.data = OptRef<vm::MemoryObject>(data.take());
    objects.image = OptRef<vm::MemoryObject>(code.take());
}

}  // namespace

Result<u64> map_vdso(vm::AddressSpace& space) {
    made.run(make_objects);
    if (!objects.data || !objects.image) return Errno::kNOENT;
    const u64 image_bytes = objects.image->size();
    const UserAddr base = TRY(space.map({.length = kPageSize + image_bytes, .prot = vm::Prot::kNone}));
    (void)TRY(space.map({.hint = base, .length = kPageSize, .prot = vm::Prot::kRead, .max_prot = vm::Prot::kRead,
                         .flags = vm::MapFlags::kFixed, .object = objects.data, .name = vm::MappingName::kVvar}));
    (void)TRY(space.map({.hint = base + kPageSize, .length = image_bytes, .prot = vm::Prot::kReadExec,
                         .flags = vm::MapFlags::kFixed, .object = objects.image, .name = vm::MappingName::kVdso}));
    return base.value + kPageSize;
}

}  // namespace process
