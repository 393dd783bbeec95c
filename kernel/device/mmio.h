// Device memory: Mmio<Layout> reads and writes the members of a register layout, MmioRegion by byte offset;
// MappedBytes is firmware or framebuffer memory as a span. The only code above the trusted base that makes
// pointers out of addresses: what memory::map_kernel returned, for as long as it stays mapped.
// Callers: drivers/, platform/.
// Locks, context: map() and destruction in thread context; access in any.
#pragma once

#include <bit>
#include <span>

#include "base/assert.h"
#include "base/result.h"
#include "memory/kernel_map.h"

namespace device {

// Owns a kernel mapping of physical memory.
class Mapping {
  public:
    constexpr Mapping() = default;
    static Result<Mapping> create(PhysAddr phys, usize size, arch::Caching caching, memory::KernelAccess access) {
        Mapping m;
        m.address_ = TRY(memory::map_kernel(phys, size, caching, access));
        m.size_ = size;
        return m;
    }
    Mapping(Mapping&& o) noexcept : address_(std::exchange(o.address_, VirtAddr())), size_(std::exchange(o.size_, 0)) {}
    Mapping& operator=(Mapping&& o) noexcept {
        std::swap(address_, o.address_);
        std::swap(size_, o.size_);
        return *this;
    }
    constexpr ~Mapping() {
        if (size_ != 0) memory::unmap_kernel(address_);
    }
    explicit operator bool() const { return size_ != 0; }
    VirtAddr address() const { return address_; }
    usize size() const { return size_; }

  private:
    VirtAddr address_;
    usize size_ = 0;
};

// Registers by byte offset.
class MmioRegion {
  public:
    constexpr MmioRegion() = default;
    // Uncached. ENOMEM.
    static Result<MmioRegion> map(PhysAddr phys, usize size) {
        MmioRegion r;
        r.mapping_ = TRY(Mapping::create(phys, size, arch::Caching::kUncached, memory::KernelAccess::kReadWrite));
        return r;
    }
    explicit operator bool() const { return static_cast<bool>(mapping_); }
    usize size() const { return mapping_.size(); }
    u8 read8(usize at) const { return *reg<u8>(at); }
    u16 read16(usize at) const { return *reg<u16>(at); }
    u32 read32(usize at) const { return *reg<u32>(at); }
    u64 read64(usize at) const { return *reg<u64>(at); }
    void write8(usize at, u8 v) const { *reg<u8>(at) = v; }
    void write16(usize at, u16 v) const { *reg<u16>(at) = v; }
    void write32(usize at, u32 v) const { *reg<u32>(at) = v; }
    void write64(usize at, u64 v) const { *reg<u64>(at) = v; }

  private:
    template <typename T>
    volatile T* reg(usize at) const {
        DEBUG_ASSERT(at + sizeof(T) <= mapping_.size() && at % sizeof(T) == 0);
        return std::bit_cast<volatile T*>(mapping_.address().value + at);  // inside the mapping, as just checked
    }
    Mapping mapping_;
};

// Registers as members of a standard-layout struct: regs.read(&Layout::status).
template <typename Layout>
class Mmio {
  public:
    constexpr Mmio() = default;
    static Result<Mmio> map(PhysAddr phys) {
        Mmio m;
        m.mapping_ =
            TRY(Mapping::create(phys, sizeof(Layout), arch::Caching::kUncached, memory::KernelAccess::kReadWrite));
        return m;
    }
    explicit operator bool() const { return static_cast<bool>(mapping_); }
    template <typename T>
    T read(T Layout::* member) const {
        return layout()->*member;
    }
    template <typename T>
    void write(T Layout::* member, std::type_identity_t<T> value) const {
        layout()->*member = value;
    }

  private:
    volatile Layout* layout() const {
        DEBUG_ASSERT(mapping_);
        return std::bit_cast<volatile Layout*>(mapping_.address().value);  // sizeof(Layout) bytes are mapped
    }
    Mapping mapping_;
};

// Memory that is not registers: tables of the firmware (read-only), a framebuffer (write-combining).
class MappedBytes {
  public:
    constexpr MappedBytes() = default;
    static Result<MappedBytes> map_firmware(PhysAddr phys, usize size) {
        return create(phys, size, arch::Caching::kWriteBack, memory::KernelAccess::kRead);
    }
    static Result<MappedBytes> map_framebuffer(PhysAddr phys, usize size) {
        return create(phys, size, arch::Caching::kWriteCombining, memory::KernelAccess::kReadWrite);
    }
    explicit operator bool() const { return static_cast<bool>(mapping_); }
#pragma clang unsafe_buffer_usage begin  // address and size are the mapping's own
    std::span<const u8> bytes() const { return {std::bit_cast<const u8*>(mapping_.address().value), mapping_.size()}; }
    std::span<u8> writable_bytes() const { return {std::bit_cast<u8*>(mapping_.address().value), mapping_.size()}; }
    std::span<u32> words() const { return {std::bit_cast<u32*>(mapping_.address().value), mapping_.size() / 4}; }
#pragma clang unsafe_buffer_usage end

  private:
    static Result<MappedBytes> create(PhysAddr phys, usize size, arch::Caching caching, memory::KernelAccess access) {
        MappedBytes m;
        m.mapping_ = TRY(Mapping::create(phys, size, caching, access));
        return m;
    }
    Mapping mapping_;
};

}  // namespace device
