// Address: the name of an AF_UNIX socket: a path, an abstract name or none. Pure.
// Callers: net/unix.
// Locks, context: values; a socket's own is set once and then only read.
#pragma once

#include <string_view>

#include "abi/linux/un.h"
#include "base/ref.h"
#include "net/address.h"

namespace net {

class UnixAddress : public RefCounted<UnixAddress> {
  public:
    enum class Kind : u8 { kUnnamed, kPath, kAbstract };

    // As bind, connect and sendto take it. kUnnamed: the family alone. EINVAL for another family or length (Linux:
    // unix_validate_addr).
    static Result<UnixAddress> parse(const SocketAddress& from) {
        if (from.length < sizeof(u16) || from.length > sizeof(abi::sockaddr_un)) return Errno::kINVAL;
        if (from.family() != abi::AF_UNIX) return Errno::kINVAL;
        const std::string_view name = base::text_of(from.bytes().subspan(sizeof(u16)));
        if (name.empty()) return UnixAddress();
        if (name.front() == '\0') return UnixAddress(Kind::kAbstract, name.substr(1));
        return UnixAddress(Kind::kPath, name.substr(0, name.find('\0')));
    }
    // The abstract name that bind without one gives: five hexadecimal digits.
    static UnixAddress automatic(u32 number) {
        constexpr std::string_view kDigits = "0123456789abcdef";
        std::array<char, 5> text{};
        for (usize i = 0; i < text.size(); i++) text[i] = kDigits[(number >> (16 - 4 * i)) & 15];
        return UnixAddress(Kind::kAbstract, std::string_view(text.data(), text.size()));
    }

    UnixAddress() = default;
    UnixAddress(const UnixAddress& o) : kind_(o.kind_), length_(o.length_), text_(o.text_) {}
    UnixAddress& operator=(const UnixAddress&) = delete;

    Kind kind() const { return kind_; }
    // The path, or the abstract name without its leading zero byte.
    std::string_view text() const { return {text_.data(), length_}; }
    bool operator==(const UnixAddress& o) const { return kind_ == o.kind_ && text() == o.text(); }

    // As getsockname shows it: paths with their zero byte.
    SocketAddress encode() const {
        SocketAddress out;
        (void)base::write_at(out.storage, 0, u16{abi::AF_UNIX});
        const usize name_at = sizeof(u16) + (kind_ == Kind::kAbstract ? 1 : 0);
        (void)base::copy(std::span(out.storage).subspan(name_at), base::bytes_of(text()));
        out.length = static_cast<u32>(sizeof(u16) + (kind_ == Kind::kUnnamed ? 0 : 1 + length_));
        return out;
    }

  private:
    UnixAddress(Kind kind, std::string_view text) : kind_(kind), length_(static_cast<u8>(text.size())) {
        (void)base::copy(base::writable_bytes_of(text_), base::bytes_of(text));
    }

    Kind kind_ = Kind::kUnnamed;
    u8 length_ = 0;
    std::array<char, abi::UNIX_PATH_MAX> text_{};
};

}  // namespace net
