#include "net/unix/names.h"

#include <bit>

#include "base/hash_table.h"
#include "net/unix/unix_socket.h"

namespace net::unix_names {
namespace {

struct Table {
    HashTable<UnixEndpoint, &UnixEndpoint::name_node, 256> named;
    IntrusiveList<UnixEndpoint, &UnixEndpoint::all_node> all;
    u32 count = 0;
};
constinit sync::Guarded<Table, sync::SpinLock<sync::Rank::kNetTable>> table;

// Abstract names of sockets of different types do not meet (Linux: unix_abstract_hash mixes the type in).
u64 hash_of(const UnixAddress& a, int type) { return base::hash_bytes(a.text()) ^ static_cast<u64>(type); }
u64 hash_of(const fs::Inode& inode) { return base::hash_u64(std::bit_cast<u64>(&inode)); }

UnixEndpoint* find(Table& t, const UnixAddress& a, int type) {
    return t.named.find(hash_of(a, type), [&](UnixEndpoint& e) {
        const UnixAddress* name = e.address();
        return e.type == type && name != nullptr && *name == a;
    });
}
OptRef<UnixEndpoint> counted(UnixEndpoint* e) {
    if (e == nullptr || !e->try_add_ref()) return {};
    return OptRef<UnixEndpoint>::adopt(e);
}

// A line of /proc/net/unix, copied out so that no text is made under the lock.
struct Line {
    u64 number;
    u32 flags;
    int type, state;
    SocketAddress name;
};

Result<Vector<Line>> lines() {
    Vector<Line> out;
    for (u32 room = 64;; room *= 2) {
        TRY(out.try_reserve(room));
        auto t = table.lock();
        if (t->count > room) continue;
        for (UnixEndpoint& e : t->all) {
            // Linux's SS_CONNECTED or SS_UNCONNECTED, and __SO_ACCEPTCON.
            const int state = e.connected.load(std::memory_order_relaxed) ? 3 : 1;
            const u32 flags = e.listening.load(std::memory_order_relaxed) ? 0x10000u : 0u;
            out.push_reserved({e.number, flags, e.type, state, e.encoded_address()});
        }
        return out;
    }
}

}  // namespace

void add(UnixEndpoint& e) {
    auto t = table.lock();
    t->all.push_back(e);
    t->count++;
}

void remove(UnixEndpoint& e) {
    OptRef<fs::Inode> inode;
    auto t = table.lock();
    if (e.all_node.linked()) t->count--;
    e.all_node.unlink();
    e.name_node.unlink();
    inode = std::move(e.inode);
    t.unlock();
}

Result<void> bind_abstract(UnixEndpoint& e, Ref<UnixAddress> address) {
    auto t = table.lock();
    if (find(*t, *address, e.type) != nullptr) return Errno::kADDRINUSE;
    t->named.insert(e, hash_of(*address, e.type));
    e.set_address(std::move(address));
    return {};
}

void bind_inode(UnixEndpoint& e, Ref<UnixAddress> address, Ref<fs::Inode> inode) {
    auto t = table.lock();
    t->named.insert(e, hash_of(*inode));
    e.inode = std::move(inode);
    e.set_address(std::move(address));
}

OptRef<UnixEndpoint> find_abstract(const UnixAddress& address, int type) {
    auto t = table.lock();
    return counted(find(*t, address, type));
}

OptRef<UnixEndpoint> find_inode(const fs::Inode& inode) {
    auto t = table.lock();
    return counted(t->named.find(hash_of(inode), [&](UnixEndpoint& e) { return e.inode.get() == &inode; }));
}

Result<void> write_table(const fs::Caller&, fs::procfs::SeqSink& sink) {
    const Vector<Line> all = TRY(lines());
    sink.write("Num       RefCount Protocol Flags    Type St Inode Path\n");
    for (const Line& l : all) {
        base::format_to(sink, "0000000000000000: 00000002 00000000 {:08X} {:04X} {:02X} {:>5}", l.flags, l.type,
                        l.state, l.number);
        if (l.name.length > sizeof(u16)) {
            std::string_view text = base::text_of(l.name.bytes().subspan(sizeof(u16)));
            const bool abstract = text.front() == '\0';
            if (!abstract) text = text.substr(0, text.size() - 1);
            sink.write(" ");
            for (char c : text) sink.write(c == '\0' ? std::string_view("@") : std::string_view(&c, 1));
        }
        sink.write("\n");
    }
    return {};
}

}  // namespace net::unix_names
