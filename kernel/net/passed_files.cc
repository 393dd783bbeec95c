#include "net/passed_files.h"

#include "sync/guarded.h"
#include "sync/spin_lock.h"

namespace net {
namespace {

struct Garbage {
    IntrusiveList<PassedSet, &PassedSet::node> sets;
    bool draining = false;
};
constinit sync::Guarded<Garbage, sync::SpinLock<sync::Rank::kSocketState>> garbage;

}  // namespace

Result<void> PassedFiles::add(object::File& file, object::Rights rights) {
    if (!set_) set_ = TRY(make_own<PassedSet>());
    if (set_->files.size() == kMostPassedFiles) return Errno::kINVAL;
    TRY(set_->files.try_push({&file, rights, nullptr}));
    file.add_descriptor();
    return {};
}

void PassedFiles::discard(Own<PassedSet> set) {
    {
        auto g = garbage.lock();
        g->sets.push_back(*set.release());
        if (g->draining) return;
        g->draining = true;
    }
    for (;;) {
        Own<PassedSet> next;
        {
            auto g = garbage.lock();
            next.reset(g->sets.pop_front());
            if (!next) {
                g->draining = false;
                return;
            }
        }
        for (const PassedFile& f : next->files) f.file->drop_descriptor();
    }
}

}  // namespace net
