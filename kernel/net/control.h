// ControlReader: the items of a message's control buffer (struct cmsghdr and what follows). Pure.
// Callers: linux/ (sendmsg), the host test.
// Locks, context: none; the buffer is a copy in kernel memory.
#pragma once

#include <optional>
#include <span>

#include "abi/linux/socket.h"
#include "base/bytes.h"
#include "base/result.h"

namespace net {

struct ControlItem {
    i32 level;
    i32 type;
    std::span<const u8> data;
};

// Items start at multiples of 8 (Linux: CMSG_ALIGN).
constexpr usize align_control(usize n) { return (n + 7) & ~usize{7}; }
constexpr usize control_length(usize data) { return sizeof(abi::cmsghdr) + data; }

class ControlReader {
  public:
    explicit ControlReader(std::span<const u8> buffer) : rest_(buffer) {}
    // The next item, or none at the end: too few bytes for a header are the end (Linux: __CMSG_NXTHDR). EINVAL for a
    // length that does not fit (CMSG_OK).
    Result<std::optional<ControlItem>> next() {
        using Item = std::optional<ControlItem>;
        if (rest_.size() < sizeof(abi::cmsghdr)) return Item();
        const abi::cmsghdr header = TRY(base::read_at<abi::cmsghdr>(rest_, 0));
        if (header.cmsg_len < sizeof(header) || header.cmsg_len > rest_.size()) return Errno::kINVAL;
        const ControlItem item{header.cmsg_level, header.cmsg_type,
                               rest_.subspan(sizeof(header), header.cmsg_len - sizeof(header))};
        const usize step = align_control(header.cmsg_len);
        rest_ = step < rest_.size() ? rest_.subspan(step) : std::span<const u8>();
        return Item(item);
    }

  private:
    std::span<const u8> rest_;
};

}  // namespace net
