"""newc cpio archives (Linux's Documentation/driver-api/early-userspace/buffer-format.rst), written without root.

An Archive is a tree in memory; files that lie on the host are copied when it is written. Several archives may
follow each other in one initrd: a later entry adds to or replaces an earlier one, as on Linux.
"""

import os
import pathlib
import shutil
import stat

from .ui import Problem

ALIGNMENT = 4


class Entry:
    __slots__ = ("mode", "uid", "gid", "mtime", "data", "source", "size", "device")

    def __init__(self, mode, data=b"", source=None, size=None, uid=0, gid=0, mtime=0, device=(0, 0)):
        self.mode, self.data, self.source = mode, data, source
        self.size = len(data) if size is None else size
        self.uid, self.gid, self.mtime, self.device = uid, gid, int(mtime), device


def _clean(name):
    parts = [part for part in str(name).split("/") if part not in ("", ".")]
    if ".." in parts:
        raise Problem(f"{name}: '..' is not allowed in a path of the root file system")
    return "/".join(parts)


class Archive:
    def __init__(self):
        self.entries = {}

    def put(self, name, entry):
        """Adds an entry, and the folders above it where they are missing."""
        name = _clean(name)
        if not name:
            return
        parent = name.rpartition("/")[0]
        if parent and parent not in self.entries:
            self.folder(parent)
        self.entries[name] = entry

    def folder(self, name, mode=0o755, **owner):
        self.put(name, Entry(stat.S_IFDIR | mode, **owner))

    def file(self, name, data, mode=0o644, **owner):
        self.put(name, Entry(stat.S_IFREG | mode, data.encode() if isinstance(data, str) else data, **owner))

    def link(self, name, target, **owner):
        self.put(name, Entry(stat.S_IFLNK | 0o777, target.encode(), **owner))

    def host_file(self, name, path, mode=None):
        status = os.stat(path)
        self.put(name, Entry(stat.S_IFREG | (stat.S_IMODE(status.st_mode) if mode is None else mode),
                             source=pathlib.Path(path), size=status.st_size, mtime=status.st_mtime))

    def host_tree(self, name, path):
        """Adds a file, link or folder of the host with everything below it; all of it becomes root's."""
        path = pathlib.Path(path)
        status = path.lstat()
        kind = stat.S_IFMT(status.st_mode)
        if kind == stat.S_IFLNK:
            self.link(name, os.readlink(path))
        elif kind == stat.S_IFDIR:
            if _clean(name):
                self.put(name, Entry(status.st_mode, mtime=status.st_mtime))
            for child in sorted(path.iterdir()):
                self.host_tree(f"{name}/{child.name}", child)
        elif kind == stat.S_IFREG:
            self.host_file(name, path)
        elif kind == stat.S_IFIFO:
            self.put(name, Entry(status.st_mode))
        # Sockets mean nothing without their server, and devices come from devtmpfs.

    def size(self):
        return sum(entry.size for entry in self.entries.values())

    def write(self, out):
        for number, (name, entry) in enumerate(sorted(self.entries.items()), 1):
            _write_entry(out, number, name, entry)
        _write_entry(out, 0, "TRAILER!!!", Entry(0))

    def save(self, path):
        """Writes the archive so that `path` is either whole or absent."""
        part = path.with_name(f".{path.name}.{os.getpid()}")
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(part, "wb") as out:
                self.write(out)
            part.rename(path)
        finally:
            part.unlink(missing_ok=True)


def _pad(out, length):
    out.write(b"\0" * (-length % ALIGNMENT))


def _write_entry(out, number, name, entry):
    if entry.size >= 1 << 32:
        raise Problem(f"/{name}: {entry.size} bytes do not fit into a cpio archive (4 GiB at most)")
    encoded = name.encode(errors="surrogateescape") + b"\0"
    links = 2 if stat.S_ISDIR(entry.mode) else 1
    fields = (number, entry.mode, entry.uid, entry.gid, links, entry.mtime, entry.size, 0, 0, *entry.device,
              len(encoded), 0)
    header = b"070701" + b"".join(b"%08X" % (field & 0xFFFFFFFF) for field in fields)
    out.write(header + encoded)
    _pad(out, len(header) + len(encoded))
    if entry.source is None:
        out.write(entry.data)
    else:
        before = out.tell()
        with open(entry.source, "rb") as file:
            shutil.copyfileobj(file, out, 1 << 20)
        if out.tell() - before != entry.size:
            raise Problem(f"{entry.source}: changed while it was read")
    _pad(out, entry.size)


def is_cpio(path):
    with open(path, "rb") as file:
        return file.read(6) in (b"070701", b"070702")


def index(path):
    """{name: (mode, link target or None)} of an archive, or of several one after the other."""
    names = {}
    with open(path, "rb") as file:
        while header := file.read(110):
            if header[0] == 0:  # padding between archives
                file.seek(1 - len(header), os.SEEK_CUR)
                continue
            if len(header) < 110 or header[:6] not in (b"070701", b"070702"):
                raise Problem(f"{path}: broken cpio archive at byte {file.tell() - len(header)}")
            mode, size, length = (int(header[at:at + 8], 16) for at in (14, 54, 94))
            name = file.read(length)[:-1].decode(errors="surrogateescape")
            file.seek(-(110 + length) % ALIGNMENT, os.SEEK_CUR)
            target = file.read(size).decode(errors="surrogateescape") if stat.S_ISLNK(mode) else None
            file.seek((0 if target is not None else size) + -size % ALIGNMENT, os.SEEK_CUR)
            if name != "TRAILER!!!":
                names[_clean(name)] = (mode, target)
    return names


def resolve(names, name):
    """`name` with the links in its folders followed, as far as they stay inside the archive."""
    done, rest = [], _clean(name).split("/")
    for _ in range(1000):
        if not rest:
            break
        done.append(rest.pop(0))
        target = names.get("/".join(done), (0, None))[1]
        if target is not None and rest:
            above = [] if target.startswith("/") else done[:-1]
            parts = []
            for part in [*above, *target.split("/")]:
                if part == "..":
                    parts = parts[:-1]
                elif part not in ("", "."):
                    parts.append(part)
            done, rest = [], parts + rest
    return "/".join(done + rest)
