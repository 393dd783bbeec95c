#include "fs/superblock.h"

#include "fs/dentry.h"
#include "sched/mutex.h"
#include "sync/guarded.h"

namespace fs {
namespace {

constinit std::atomic<u32> next_device{2};
struct Types {
    IntrusiveList<FilesystemType, &FilesystemType::node> list;
};
constinit sync::Guarded<Types, sched::Mutex<sync::Rank::kRegistry>> types;

}  // namespace

Superblock::Superblock(std::string_view type_name)
    : type_name_(type_name), device_{0, next_device.fetch_add(1, std::memory_order_relaxed)} {}

Result<Ref<Dentry>> Superblock::root_dentry() {
    Dentry* present = root_dentry_.load(std::memory_order_acquire);
    if (present != nullptr) return Ref<Dentry>(*present);
    Ref<Dentry> fresh = TRY(Dentry::create_root(root()));
    if (!root_dentry_.compare_exchange_strong(present, fresh.get(), std::memory_order_acq_rel))
        return Ref<Dentry>(*present);
    fresh->add_ref();
    return fresh;
}
void Superblock::drop_root_dentry() {
    if (Dentry* d = root_dentry_.exchange(nullptr, std::memory_order_acq_rel)) d->drop_ref();
}

void register_filesystem(FilesystemType& type) { types.lock()->list.push_back(type); }

FilesystemType* find_filesystem(std::string_view name) {
    auto t = types.lock();
    for (FilesystemType& f : t->list) {
        if (f.name == name) return &f;
    }
    return nullptr;
}

void for_each_filesystem(void (*fn)(const FilesystemType&, void*), void* context) {
    auto t = types.lock();
    for (FilesystemType& f : t->list) fn(f, context);
}

}  // namespace fs
