#include "net/unix/graph.h"

#include "net/unix/unix_socket.h"

namespace net {
namespace {

using Sets = IntrusiveList<PassedSet, &PassedSet::node>;
struct State {
    IntrusiveList<UnixEndpoint, &UnixEndpoint::flight_node> flying;  // flight.count > 0
};
constinit sync::Guarded<State, sched::Mutex<sync::Rank::kGeneric>> graph;
constinit std::atomic<u32> flying_count{0};

UnixEndpoint* endpoint_of(object::File& file) {
    UnixSocket* s = UnixSocket::of(file);
    return s != nullptr ? &s->endpoint() : nullptr;
}

void land(PassedSet& set) {
    for (const PassedFile& f : set.files) {
        if (f.endpoint == nullptr || --f.endpoint->flight.count != 0) continue;
        f.endpoint->flight_node.unlink();
        flying_count.fetch_sub(1, std::memory_order_relaxed);
    }
    set.in_graph = false;
}

template <typename Visit>
void each_held(Sets& sets, Visit visit) {
    for (PassedSet& set : sets) {
        for (const PassedFile& f : set.files) {
            if (f.endpoint != nullptr && f.endpoint->flight.candidate) visit(*f.endpoint);
        }
    }
}
// The candidates that `e` holds: in its own queue, and in those of connections that nobody has accepted.
template <typename Visit>
void each_child(UnixEndpoint& e, Visit visit) {
    each_held(e.flight.held, visit);
    auto l = e.listen.lock();
    for (UnixEndpoint& waiting : l->waiting) each_held(waiting.flight.held, visit);
}

}  // namespace

bool UnixGraph::any_in_flight() { return flying_count.load(std::memory_order_relaxed) != 0; }

void UnixGraph::attach(UnixEndpoint& holder, PassedFiles& files) {
    PassedSet& set = *files.set();
    auto g = graph.lock();
    for (PassedFile& f : set.files) {
        f.endpoint = endpoint_of(*f.file);
        if (f.endpoint == nullptr || f.endpoint->flight.count++ != 0) continue;
        g->flying.push_back(*f.endpoint);
        flying_count.fetch_add(1, std::memory_order_relaxed);
    }
    set.in_graph = true;
    holder.flight.held.push_back(set);
}

void UnixGraph::detach(PassedFiles& files) {
    auto g = graph.lock();
    PassedSet& set = *files.set();
    set.node.unlink();  // also when it was found to be garbage, and waits to be emptied
    if (set.in_graph) land(set);
}

Result<PassedFiles> UnixGraph::copy(const PassedFiles& files) {
    PassedFiles fresh;
    auto g = graph.lock();
    for (const PassedFile& f : files.set()->files) TRY(fresh.add(*f.file, f.rights));
    return fresh;
}

namespace {

// As long as the lock is held no descriptor moves between queues and tables: a socket all of whose descriptors are in
// queues can be reached only through them. Descriptors in queues of other candidates do not count; what then is left
// reaches what its queue holds; the rest is garbage, whose sets go to `dead`.
void find_garbage(State& state, Sets& dead) {
    for (UnixEndpoint& e : state.flying) {
        e.flight.candidate = e.socket.descriptors() == e.flight.count;
        e.flight.reached = false;
        e.flight.outside = e.flight.count;
    }
    for (UnixEndpoint& e : state.flying) {
        if (e.flight.candidate) each_child(e, [](UnixEndpoint& child) { child.flight.outside--; });
    }
    IntrusiveList<UnixEndpoint, &UnixEndpoint::work_node> work;
    const auto reach = [&](UnixEndpoint& e) {
        if (e.flight.reached) return;
        e.flight.reached = true;
        work.push_back(e);
    };
    for (UnixEndpoint& e : state.flying) {
        if (e.flight.candidate && e.flight.outside != 0) reach(e);
    }
    while (UnixEndpoint* e = work.pop_front()) each_child(*e, reach);
    for (UnixEndpoint& e : state.flying) {
        if (!e.flight.candidate || e.flight.reached) continue;
        dead.splice_back(e.flight.held);
        auto l = e.listen.lock();
        for (UnixEndpoint& waiting : l->waiting) dead.splice_back(waiting.flight.held);
    }
    for (UnixEndpoint& e : state.flying) e.flight.candidate = false;
    for (PassedSet& set : dead) land(set);
}

constinit std::atomic<bool> collecting{false}, again{false};

}  // namespace

// Emptied sets stay with their messages, which nobody will receive. Closing a socket asks for a collection itself: then
// the one under way does another round.
void UnixGraph::collect() {
    if (!any_in_flight()) return;
    again.store(true, std::memory_order_seq_cst);
    while (again.load(std::memory_order_seq_cst) && !collecting.exchange(true, std::memory_order_seq_cst)) {
        again.store(false, std::memory_order_seq_cst);
        Sets dead;  // guarded by the graph's lock
        find_garbage(*graph.lock(), dead);
        for (;;) {
            Vector<PassedFile> files;
            {
                auto g = graph.lock();
                PassedSet* set = dead.pop_front();
                if (set == nullptr) break;
                files = std::move(set->files);
            }
            for (const PassedFile& f : files) f.file->drop_descriptor();
        }
        collecting.store(false, std::memory_order_seq_cst);
    }
}

}  // namespace net
