#include "fs/cpio/parser.h"

#include <array>

#include "base/bytes.h"

namespace fs::cpio {
namespace {

constexpr u64 kHeader = 110;  // 6 bytes of magic, 13 fields of 8 hexadecimal digits
constexpr u64 kMostName = 4096;

bool parse_hex(std::span<const u8> digits, u32& out) {
    u32 v = 0;
    for (u8 c : digits) {
        u32 d;
        if (c >= '0' && c <= '9') {
            d = c - '0';
        } else if (c >= 'a' && c <= 'f') {
            d = c - 'a' + 10u;
        } else if (c >= 'A' && c <= 'F') {
            d = c - 'A' + 10u;
        } else {
            return false;
        }
        v = v << 4 | d;
    }
    out = v;
    return true;
}

}  // namespace

Parser::Step Parser::next(Entry& entry) {
    // Padding between archives.
    while (at_ < archive_.size() && archive_[at_] == 0) at_++;
    start_ = at_;
    if (at_ == archive_.size()) return Step::kEnd;
    if (archive_.size() - at_ < kHeader) return broken("the archive ends inside a header");
    const std::span<const u8> header = archive_.subspan(at_, kHeader);
    const std::string_view magic = base::text_of(header.first(6));
    if (magic != "070701" && magic != "070702") {
        if (header[0] == 0x1f && header[1] == 0x8b) return broken("compressed with gzip, which is not supported");
        if (header[0] == 0x28 && header[1] == 0xb5) return broken("compressed with zstd, which is not supported");
        return broken("not a newc header");
    }
    std::array<u32, 13> f{};
    for (usize i = 0; i < f.size(); i++) {
        if (!parse_hex(header.subspan(6 + 8 * i, 8), f[i])) return broken("a header field is no hexadecimal number");
    }
    const u64 size = f[6], name_size = f[11];
    if (name_size == 0 || name_size > kMostName) return broken("the length of the name is out of range");
    const u64 name_at = at_ + kHeader;
    if (archive_.size() - name_at < name_size) return broken("the archive ends inside a name");
    const std::string_view raw = base::text_of(archive_.subspan(name_at, name_size));
    if (raw.back() != '\0' || raw.find('\0') != name_size - 1) return broken("a name without its end");
    const u64 data_at = align_up(name_at + name_size, u64{4});
    entry.name = raw.substr(0, name_size - 1);
    if (data_at > archive_.size() || archive_.size() - data_at < size) {
        if (entry.name != "TRAILER!!!") return broken("the archive ends inside the file's data");
    }
    const u64 end = align_up(data_at + size, u64{4});
    at_ = end < archive_.size() ? end : archive_.size();
    if (entry.name == "TRAILER!!!") return Step::kTrailer;
    entry.data = archive_.subspan(data_at, size);
    entry.data_offset = data_at;
    entry.inode = f[0], entry.mode = f[1], entry.uid = f[2], entry.gid = f[3], entry.links = f[4], entry.mtime = f[5];
    entry.device_major = f[7], entry.device_minor = f[8];
    entry.special_major = f[9], entry.special_minor = f[10];
    return Step::kEntry;
}

}  // namespace fs::cpio
