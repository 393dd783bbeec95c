// The registries of what device nodes and FIFOs open.
#include <algorithm>

#include "base/string.h"
#include "fs/devices.h"
#include "fs/inode.h"
#include "sched/rw_lock.h"

namespace fs {
namespace {

struct Registration {
    DeviceKind kind = DeviceKind::kCharacter;
    object::DeviceNumber first;
    u32 count = 0;
    String name;
    DeviceOpener opener = nullptr;
    void* context = nullptr;
};
struct Registry {
    Vector<Registration> all;
    FifoOpener fifo = nullptr;
};
[[clang::no_destroy]] constinit sync::Guarded<Registry, sched::RwLock<sync::Rank::kDevfs>> registry;

}  // namespace

Result<void> register_device(DeviceKind kind, object::DeviceNumber number, u32 count, std::string_view name,
                             DeviceOpener opener, void* context) {
    Registration r{kind, number, count, TRY(String::create(name)), opener, context};
    auto g = registry.write();
    for (const Registration& o : g->all) {
        if (o.kind == kind && o.first.major == number.major && number.minor < o.first.minor + o.count &&
            o.first.minor < number.minor + count) {
            return Errno::kEXIST;
        }
    }
    return g->all.try_push(std::move(r));
}

Result<Ref<object::File>> open_device(DeviceKind kind, object::DeviceNumber number, const OpenContext& ctx) {
    DeviceOpener opener = nullptr;
    void* context = nullptr;
    {
        auto g = registry.read();
        for (const Registration& r : g->all) {
            if (r.kind == kind && r.first.major == number.major && number.minor - r.first.minor < r.count) {
                opener = r.opener;
                context = r.context;
            }
        }
    }
    if (opener == nullptr) return Errno::kNXIO;
    return opener({ctx, number, context});
}

void for_each_device(DeviceKind kind, void (*fn)(u32 major, std::string_view name, void*), void* context) {
    auto g = registry.read();
    // By major number, each (number, name) once, as /proc/devices has it.
    i64 last = -1;
    for (;;) {
        i64 next = -1;
        for (const Registration& r : g->all) {
            const i64 major = r.first.major;
            if (r.kind == kind && major > last && (next < 0 || major < next)) next = major;
        }
        if (next < 0) return;
        last = next;
        for (const Registration& r : g->all) {
            if (r.kind != kind || r.first.major != next) continue;
            const bool repeated = std::any_of(g->all.begin(), g->all.end(), [&](const Registration& o) {
                return &o < &r && o.kind == kind && o.first.major == next && o.name.view() == r.name.view();
            });
            if (!repeated) fn(static_cast<u32>(next), r.name.view(), context);
        }
    }
}

void set_fifo_opener(FifoOpener opener) { registry.write()->fifo = opener; }
Result<Ref<object::File>> open_fifo(const OpenContext& ctx, Inode& inode) {
    const FifoOpener opener = registry.read()->fifo;
    if (opener == nullptr) return Errno::kNXIO;
    return opener(ctx, inode);
}

}  // namespace fs
