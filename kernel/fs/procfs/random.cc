// /proc/sys/kernel/random: identifiers, and what the generator says of itself (random(4)).
#include "hw/random.h"
#include "fs/procfs/procfs.h"
#include "fs/procfs/system.h"
#include "sched/mutex.h"
#include "sync/guarded.h"

namespace fs::procfs {
namespace {

using Uuid = std::array<u8, 16>;

// Version 4 of RFC 4122: all random but for six bits.
Uuid make_uuid() {
    Uuid u;
    hw::random::fill(u);
    std::get<6>(u) = static_cast<u8>((std::get<6>(u) & 0x0f) | 0x40);
    std::get<8>(u) = static_cast<u8>((std::get<8>(u) & 0x3f) | 0x80);
    return u;
}

void write_uuid(const Uuid& u, SeqSink& sink) {
    for (usize i = 0; i < u.size(); i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) sink.write("-");
        base::format_to(sink, "{:02x}", u32{std::span(u)[i]});
    }
    sink.write("\n");
}

struct BootId {
    Uuid uuid{};
    bool made = false;
};
constinit sync::Guarded<BootId, sched::Mutex<sync::Rank::kGeneric>> boot_id;

Result<void> show_boot_id(const Caller&, SeqSink& sink) {
    auto id = boot_id.lock();
    if (!id->made) id->uuid = make_uuid();
    id->made = true;
    write_uuid(id->uuid, sink);
    return {};
}

Result<void> show_uuid(const Caller&, SeqSink& sink) {
    write_uuid(make_uuid(), sink);
    return {};
}

// The generator has one state of 256 bits and is seeded from its first use on: as much as it can tell.
Result<void> show_bits(const Caller&, SeqSink& sink) {
    sink.write("256\n");
    return {};
}

}  // namespace

Result<void> add_random_files() {
    TRY(add_file("sys/kernel/random/boot_id", show_boot_id));
    TRY(add_file("sys/kernel/random/uuid", show_uuid));
    TRY(add_file("sys/kernel/random/entropy_avail", show_bits));
    return add_file("sys/kernel/random/poolsize", show_bits);
}

}  // namespace fs::procfs
