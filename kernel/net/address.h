// SocketAddress: a struct sockaddr of any family, in kernel memory.
// Callers: linux/ (copies in and out), the families.
// Locks, context: values.
#pragma once

#include <array>
#include <span>

#include "abi/linux/socket.h"
#include "base/bytes.h"
#include "base/result.h"

namespace net {

struct SocketAddress {
    std::array<u8, sizeof(abi::sockaddr_storage)> storage{};
    u32 length = 0;  // bytes in use; 0: no address

    std::span<const u8> bytes() const { return std::span(storage).first(length); }
    // AF_UNSPEC when too short to say.
    u16 family() const {
        const Result<u16> f = base::read_at<u16>(bytes(), 0);
        return f.ok() ? f.value() : u16{abi::AF_UNSPEC};
    }
};

}  // namespace net
