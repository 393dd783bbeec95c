// UnixEndpoint: what others may hold of an AF_UNIX socket: its receive queue, its name, its readiness.
// Callers: net/unix.
// Locks, context: `queue` is a sleeping lock held around copies; two queues are never locked at once. Atomics are looks
// without it.
#pragma once

#include <atomic>
#include <optional>

#include "abi/linux/socket.h"
#include "fs/inode.h"
#include "memory/page_allocator.h"
#include "net/passed_files.h"
#include "net/unix/address.h"
#include "net/unix/byte_ring.h"
#include "object/poll.h"
#include "sched/mutex.h"
#include "sync/guarded.h"

namespace net {

class UnixSocket;
class UnixEndpoint;

// A page of a stream.
class StreamPage {
  public:
    static Result<StreamPage> create() {
        StreamPage page;
        page.block_ = TRY(memory::PageBlock::create(0, memory::AllocFlags::kNone));
        return page;
    }
    explicit operator bool() const { return static_cast<bool>(block_); }
    std::span<u8> bytes() const { return block_.bytes(); }

  private:
    memory::PageBlock block_;
};

using Sender = std::optional<abi::ucred>;
inline bool same_sender(const Sender& a, const Sender& b) {
    if (!a || !b) return a.has_value() == b.has_value();
    return a->pid == b->pid && a->uid == b->uid && a->gid == b->gid;
}

// What came along with bytes begin..end of a stream (counted from its start).
struct StreamMark {
    ListNode node;
    u64 begin = 0, end = 0;
    Sender sender;
    PassedFiles files;
};

// A datagram or sequenced packet.
struct UnixMessage {
    explicit UnixMessage(Ref<UnixEndpoint> f) : from(std::move(f)) {}
    ListNode node;
    Ref<UnixEndpoint> from;
    Vector<u8> data;
    Sender sender;
    PassedFiles files;
    u32 charge = 0;  // bytes of the sender's buffer that it occupies
};

class UnixEndpoint : public RefCounted<UnixEndpoint> {
  public:
    UnixEndpoint(int t, u64 n, UnixSocket& s) : type(t), number(n), socket(s) {}
    ~UnixEndpoint() {
        if (const UnixAddress* a = address()) a->drop_ref();
    }

    const int type;
    const u64 number;
    UnixSocket& socket;  // only while it is in `listen` or in the graph: then it lives

    object::PollSource in;     // something to receive or accept, the end, an error
    object::PollSource out;    // room to send again
    sched::WaitQueue drained;  // others wait for room in this queue: senders of datagrams, connect

    struct Queue {
        // Streams.
        ByteRing<StreamPage> ring;
        IntrusiveList<StreamMark, &StreamMark::node> marks;
        u64 taken = 0;  // bytes that went out since the start
        // The others.
        IntrusiveList<UnixMessage, &UnixMessage::node> messages;
        // The other end of a connection; null once either is closed.
        OptRef<UnixEndpoint> peer;
        bool closed = false;
    };
    sync::Guarded<Queue, sched::Mutex<sync::Rank::kSocket>> queue;

    std::atomic<u32> bytes{0};  // in ring; for packets: in all messages
    std::atomic<u32> messages{0};
    std::atomic<u32> charged{0};     // of the send buffer: messages that others have not received yet
    std::atomic<u32> send_limit{0};  // SO_SNDBUF
    std::atomic<u32> shut{0};        // Socket::kShut*
    std::atomic<i32> error{0};
    std::atomic<bool> dead{false};
    std::atomic<bool> passes_credentials{false};
    std::atomic<bool> polled{false};
    // Datagrams: whom it is connected to. To compare only.
    std::atomic<const UnixEndpoint*> connected_to{nullptr};

    std::atomic<bool> connected{false}, listening{false};  // for /proc/net/unix

    bool empty() const {
        return bytes.load(std::memory_order_acquire) == 0 && messages.load(std::memory_order_acquire) == 0;
    }
    bool shut_receive() const { return (shut.load(std::memory_order_acquire) & 1) != 0; }
    bool shut_send() const { return (shut.load(std::memory_order_acquire) & 2) != 0; }
    // Datagrams that strangers may put in (net.unix.max_dgram_qlen).
    static constexpr u32 kMostMessages = 10;
    bool messages_full() const { return messages.load(std::memory_order_acquire) > kMostMessages; }
    // Whether poll calls it writable when `in_use` bytes are under way: a quarter of the buffer or less is in use (Linux: unix_writable).
    bool roomy(u32 in_use) const { return u64{in_use} * 4 <= send_limit.load(std::memory_order_relaxed); }
    // Others received or lost messages that occupied `charge` of the send buffer.
    void give_back(u32 charge) {
        const u32 before = charged.fetch_sub(charge, std::memory_order_acq_rel);
        if (!roomy(before) && roomy(before - charge)) out.notify(object::kPollOut);
    }
    bool ended() const { return shut_receive() || dead.load(std::memory_order_acquire); }
    i32 take_error() {
        return error.load(std::memory_order_relaxed) == 0 ? 0 : error.exchange(0, std::memory_order_acq_rel);
    }

    // Both directions changed: shutdown, close, an error.
    void notify_all(u32 events) {
        in.notify(events);
        out.notify(events);
    }

    // Connections that wait for accept. Each is a reference on the socket.
    ListNode listen_node;
    struct Listen {
        IntrusiveList<UnixEndpoint, &UnixEndpoint::listen_node> waiting;
        u32 count = 0;
        u32 backlog = 0;
        bool open = false;
    };
    sync::Guarded<Listen, sync::SpinLock<sync::Rank::kSocketState>> listen;

    // The name: set once, before others find it.
    const UnixAddress* address() const { return address_.load(std::memory_order_acquire); }
    void set_address(Ref<UnixAddress> a) { address_.store(a.leak(), std::memory_order_release); }
    // As getsockname shows it; the family alone for sockets without a name.
    SocketAddress encoded_address() const {
        const UnixAddress* a = address();
        return a != nullptr ? a->encode() : UnixAddress().encode();
    }

    // names.cc: guarded by its lock.
    ListNode name_node;
    ListNode all_node;
    OptRef<fs::Inode> inode;

    // graph.cc: guarded by its lock.
    struct Flight {
        IntrusiveList<PassedSet, &PassedSet::node> held;  // sets in this endpoint's queue
        u32 count = 0;                                    // descriptors of this socket that are in queues
        u32 outside = 0;  // while the graph is searched: those that are not in queues of candidates
        bool candidate = false;
        bool reached = false;
    } flight;
    ListNode flight_node;  // of the endpoints in flight
    ListNode work_node;

  private:
    std::atomic<const UnixAddress*> address_{nullptr};
};

}  // namespace net
