// Names of AF_UNIX sockets: who is bound to a path's inode or to an abstract name. And the list of all, for /proc.
// Callers: net/unix.
// Locks, context: thread context; one spin lock of rank kNetTable.
#pragma once

#include "fs/procfs/procfs.h"
#include "net/unix/endpoint.h"

namespace net::unix_names {

void add(UnixEndpoint& endpoint);     // a new socket, without a name
void remove(UnixEndpoint& endpoint);  // its end; the name is free again
// `endpoint` gets the abstract name, or the inode with the path as its name. EADDRINUSE.
Result<void> bind_abstract(UnixEndpoint& endpoint, Ref<UnixAddress> address);
void bind_inode(UnixEndpoint& endpoint, Ref<UnixAddress> address, Ref<fs::Inode> inode);
// Null: nobody.
OptRef<UnixEndpoint> find_abstract(const UnixAddress& address, int type);
OptRef<UnixEndpoint> find_inode(const fs::Inode& inode);
// /proc/net/unix.
Result<void> write_table(const fs::Caller& caller, fs::procfs::SeqSink& sink);

}  // namespace net::unix_names
