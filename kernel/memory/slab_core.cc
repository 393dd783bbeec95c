#include "memory/slab_core.h"

#include "memory/kasan/kasan.h"

namespace memory {

void SlabCore::link(Frame* f) {
    f->link = {nullptr, partial_};
    if (partial_ != nullptr) partial_->link.prev = f;
    partial_ = f;
}

void SlabCore::unlink(Frame* f) {
    if (f->link.prev != nullptr) {
        f->link.prev->link.next = f->link.next;
    } else {
        partial_ = f->link.next;
    }
    if (f->link.next != nullptr) f->link.next->link.prev = f->link.prev;
}

NO_KASAN void SlabCore::add(Frame* head, void* memory) {
    FreeObject* list = nullptr;
    u8* base = static_cast<u8*>(memory);
    for (u32 i = per_slab_; i-- > 0;) {
        FreeObject* o = reinterpret_cast<FreeObject*>(base + usize{i} * size_);
        o->next = list;
        list = o;
    }
    head->free_objects = list;
    link(head);
    slabs_++;
}

NO_KASAN void* SlabCore::take() {
    Frame* f = partial_;
    if (f == nullptr) return nullptr;
    FreeObject* o = static_cast<FreeObject*>(f->free_objects);
    f->free_objects = o->next;
    frame_ref(f);
    if (f == empty_) empty_ = nullptr;
    if (o->next == nullptr) unlink(f);
    in_use_++;
    return o;
}

NO_KASAN bool SlabCore::give(void* object, Frame* head) {
    FreeObject* o = static_cast<FreeObject*>(object);
    o->next = static_cast<FreeObject*>(head->free_objects);
    if (head->free_objects == nullptr) link(head);
    head->free_objects = o;
    const u32 holders = head->refs.fetch_sub(1, std::memory_order_acq_rel);
    DEBUG_ASSERT(holders > 1);
    in_use_--;
    if (holders != 2) return false;
    if (empty_ == nullptr) {
        empty_ = head;
        return false;
    }
    unlink(head);
    slabs_--;
    return true;
}

Frame* SlabCore::release_empty() {
    Frame* f = empty_;
    if (f == nullptr) return nullptr;
    empty_ = nullptr;
    unlink(f);
    slabs_--;
    return f;
}

}  // namespace memory
