#include "drivers/display/display.h"

#include "device/pci/pci.h"
#include "log/log.h"

namespace drivers::display {
namespace {

// Registers behind base address register 2: VGA's from 0x400 on, Bochs's, 16 bits each, from 0x500 on.
constexpr usize kVgaAttributes = 0x400, kBochs = 0x500;
enum BochsIndex : usize {
    kId = 0,
    kWidth = 1,
    kHeight = 2,
    kDepth = 3,
    kEnable = 4,
    kVirtualWidth = 6,
    kXOffset = 8,
    kYOffset = 9
};
constexpr u16 kEnabled = 1, kLinear = 0x40;
constexpr u32 kDefaultWidth = 1024, kDefaultHeight = 768;

Result<Framebuffer> from_boot_loader(const arch::Framebuffer& f) {
    if (f.phys == 0) return Errno::kNODEV;
    if (f.bpp != 32 || f.red_bits != 8) {
        log::warn("display: the boot loader's framebuffer has {} bits a pixel; only 32 are supported", f.bpp);
        return Errno::kNODEV;
    }
    Framebuffer fb;
    fb.memory = TRY(device::MappedBytes::map_framebuffer(PhysAddr(f.phys), usize{f.pitch} * f.height));
    fb.width = f.width;
    fb.height = f.height;
    fb.stride = f.pitch / 4;
    fb.red_shift = f.red_shift;
    fb.green_shift = f.green_shift;
    fb.blue_shift = f.blue_shift;
    return fb;
}

Result<Framebuffer> from_bochs() {
    const device::pci::Function* f = device::pci::find(0x1234, 0x1111);
    if (f == nullptr || !f->bars[0].memory() || f->bars[0].base == 0) return Errno::kNODEV;
    usize size = usize{kDefaultWidth} * kDefaultHeight * 4;
    if (f->bars[0].size < size) return Errno::kNODEV;
    device::pci::enable(*f, device::pci::command::kMemory);
    auto registers = TRY(device::pci::map_registers(*f, 2));
    auto bochs = [&](BochsIndex i, u32 value) { registers.write16(kBochs + 2 * i, static_cast<u16>(value)); };
    if ((registers.read16(kBochs + 2 * kId) & 0xfff0) != 0xb0c0) return Errno::kNODEV;
    bochs(kEnable, 0);
    bochs(kWidth, kDefaultWidth);
    bochs(kHeight, kDefaultHeight);
    bochs(kDepth, 32);
    bochs(kVirtualWidth, kDefaultWidth);
    bochs(kXOffset, 0);
    bochs(kYOffset, 0);
    bochs(kEnable, kEnabled | kLinear);
    constexpr u32 kVgaClass = 0x030000;
    if (f->class_code == kVgaClass) registers.write8(kVgaAttributes, 0x20);  // attribute index bit 5: unblank
    Framebuffer fb;
    fb.memory = TRY(device::MappedBytes::map_framebuffer(PhysAddr(f->bars[0].base), size));
    fb.width = kDefaultWidth;
    fb.height = kDefaultHeight;
    fb.stride = kDefaultWidth;
    return fb;
}

}  // namespace

Result<Framebuffer> open_framebuffer(const arch::BootInfo& boot) {
    auto given = from_boot_loader(boot.framebuffer);
    return given.ok() ? std::move(given) : from_bochs();
}

}  // namespace drivers::display
