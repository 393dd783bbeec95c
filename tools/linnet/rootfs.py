"""Root file systems as one initrd: the base (busybox, debian, a folder, a cpio), what --add adds, and init."""

import gzip
import hashlib
import os
import pathlib
import shutil
import stat
import subprocess
import tempfile

from . import cpio, debian
from .build import build_init
from .paths import BUILD, ROOTS
from .ui import Problem, clear, progress

BUSYBOX = pathlib.Path("/bin/busybox")

ETC = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/:/bin/false\n"
                  "nobody:x:65534:65534:nobody:/nonexistent:/bin/false\n",
    "etc/group": "root:x:0:\ndaemon:x:1:\ntty:x:5:\nnogroup:x:65534:\n",
    "etc/hostname": "linnet\n",
    "etc/hosts": "127.0.0.1 localhost linnet\n",
    "etc/shells": "/bin/sh\n",
    "etc/profile": "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
                   "export HOME=${HOME:-/root} PS1='\\h:\\w\\$ '\n",
    "etc/motd": "",
}


def busybox_archive():
    if not BUSYBOX.exists():
        raise Problem(f"{BUSYBOX} is missing; run tools/setup")
    archive = cpio.Archive()
    for name in ("bin", "dev", "etc", "mnt", "proc", "run", "sbin", "sys", "usr/bin", "usr/sbin", "var"):
        archive.folder(name)
    archive.folder("root", 0o700)
    archive.folder("tmp", 0o1777)
    archive.host_file("bin/busybox", BUSYBOX, 0o755)
    applets = subprocess.run([BUSYBOX, "--list-full"], capture_output=True, text=True, check=True).stdout.split()
    for applet in applets:
        if applet not in ("bin/busybox", "linuxrc"):
            archive.link(applet, "/bin/busybox")
    for name, text in ETC.items():
        archive.file(name, text)
    return archive


def busybox_root():
    """The cached archive; its name says which busybox and which version of this file it was made from."""
    status = BUSYBOX.stat() if BUSYBOX.exists() else None
    key = f"{status and (status.st_size, status.st_mtime_ns)} {pathlib.Path(__file__).read_text()}"
    path = ROOTS / f"busybox-{hashlib.sha256(key.encode()).hexdigest()[:12]}.cpio"
    if not path.exists():
        progress("making the busybox root")
        busybox_archive().save(path)
        clear()
    return path


def _append_file(out, path):
    with open(path, "rb", buffering=0) as source:
        compressed = source.read(2) == b"\x1f\x8b"
        source.seek(0)
        try:
            if compressed:
                shutil.copyfileobj(gzip.GzipFile(fileobj=source), out, 1 << 20)
            else:
                shutil.copyfileobj(source, out, 1 << 20)
        except (OSError, EOFError) as error:
            raise Problem(f"{path}: cannot be read: {error}")
    out.write(b"\0" * (-out.tell() % 512))


def base_root(root):
    """The archive of a root by name or path; a folder gives an Archive, everything else a path."""
    if root == "busybox":
        return busybox_root()
    extra = debian.extra_packages(root)
    if extra is not None:
        return debian.root(extra)
    path = pathlib.Path(root)
    if path.is_dir():
        archive = cpio.Archive()
        archive.host_tree("", path)
        return archive
    if not path.exists():
        raise Problem(f"--root {root}: no such file or folder; known roots are busybox, debian and "
                      "debian+PACKAGE,PACKAGE")
    with open(path, "rb") as file:
        magic = file.read(6)
    if magic[:2] != b"\x1f\x8b" and not cpio.is_cpio(path):
        raise Problem(f"--root {root}: neither a folder nor a newc cpio archive (.cpio or .cpio.gz); "
                      "disk images are not supported yet")
    return path


def _names(base):
    if isinstance(base, cpio.Archive):
        return {name: (entry.mode, os.fsdecode(entry.data) if stat.S_ISLNK(entry.mode) else None)
                for name, entry in base.entries.items()}
    with open(base, "rb") as file:
        if file.read(2) != b"\x1f\x8b":
            return cpio.index(base)
    with tempfile.NamedTemporaryFile(dir=BUILD) as plain:
        _append_file(plain, base)
        plain.flush()
        return cpio.index(plain.name)


def add_to(archive, names, request):
    """--add HOST[:GUEST]; GUEST is /NAME when absent, and a folder to put it in when it ends with '/'."""
    host, _, guest = request.partition(":")
    path = pathlib.Path(host)
    if not path.exists():
        raise Problem(f"--add {request}: {host} does not exist")
    name = path.resolve().name
    guest = f"{guest}{name}" if guest.endswith("/") else guest or name
    # A link named on the command line means what it points to.
    archive.host_tree(cpio.resolve(names, guest), path.resolve())


def run_conf(program, cwd, environment, stdin, terminal=None):
    records = [f"cwd={cwd}", f"stdin={int(stdin)}"]
    records += [f"env={entry}" for entry in environment]
    if terminal:
        records += [f"columns={terminal[0]}", f"rows={terminal[1]}"]
    records += [f"arg={word}" for word in program]
    return b"".join(os.fsencode(record) + b"\0" for record in records)


def add_init(archive, conf):
    """Process 1 with its orders, and the console that the kernel opens for it before /dev is mounted."""
    archive.put("dev/console", cpio.Entry(stat.S_IFCHR | 0o600, device=(5, 1)))
    archive.folder(".linnet", 0o700)
    archive.host_file(".linnet/init", build_init(), 0o755)
    archive.file(".linnet/run.conf", conf, 0o600)


def assemble(root, additions=(), conf=None):
    """An anonymous file with the whole initrd."""
    base = base_root(root)
    top = cpio.Archive()
    if additions:
        names = _names(base)
        for request in additions:
            add_to(top, names, request)
        # A folder that is there already stays as it is.
        top.entries = {name: entry for name, entry in top.entries.items()
                       if not (stat.S_ISDIR(entry.mode) and name in names)}
    if conf is not None:
        add_init(top, conf)
    BUILD.mkdir(exist_ok=True)
    out = tempfile.TemporaryFile(dir=BUILD)
    try:
        if isinstance(base, cpio.Archive):
            base.entries.update(top.entries)
            base.write(out)
        else:
            _append_file(out, base)
            top.write(out)
    except OSError as error:
        raise Problem(f"cannot make the root file system: {error}")
    out.flush()
    return out
