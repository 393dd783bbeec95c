"""The debian root: Debian's own packages, unmodified, unpacked into one cpio archive; `debian+git,gcc` has more of them.

Maintainer scripts are not run. What they would have made and programs need (accounts, alternatives, /bin/sh, the
byte code of Python's library, the loader's cache) is made in debian_fixes.py, and nothing else is changed.
"""

import hashlib
import io
import os
import pathlib
import re
import stat
import subprocess
import tarfile
import tempfile

from . import apt, cpio, debian_fixes
from .paths import CACHE, ROOTS
from .process import file_lock
from .ui import Problem, clear, progress

PACKAGES = (
    "base-files base-passwd bash bc bsdutils bzip2 coreutils dash debianutils diffutils findutils grep gzip hostname "
    "less libc-bin login make mawk mount ncurses-base ncurses-bin passwd perl-base procps psmisc python3-minimal sed "
    "strace sysvinit-utils tar time usr-is-merged util-linux vim-tiny xz-utils"
).split()
# What nobody reads in a machine like this one; leaving it out halves the archive.
UNWANTED = ("usr/share/doc/", "usr/share/man/", "usr/share/locale/", "usr/share/info/", "usr/share/lintian/",
            "usr/share/bug/", "usr/share/doc-base/", "usr/share/menu/", "usr/share/bash-completion/")
DEBS = CACHE / "debs"
MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")


def _apt(archives, *words):
    """apt-get as if nothing were installed, without root, with folders of our own."""
    (archives / "partial").mkdir(parents=True, exist_ok=True)
    empty = CACHE / "dpkg-status"
    empty.write_text("")
    settings = {"Dir::State::status": empty, "Dir::Cache::archives": archives, "Dir::Cache::pkgcache": "",
                "Dir::Cache::srcpkgcache": "", "Debug::NoLocking": "1", "APT::Sandbox::User": os.environ.get("USER", "root"),
                "APT::Get::AllowUnauthenticated": "0", "APT::Architecture": "amd64"}
    options = [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]
    command = ["apt-get", "-y", "-qq", "--no-install-recommends", *options, *words]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          env=dict(os.environ, LC_ALL="C"))
    if done.returncode != 0:
        raise Problem(f"apt-get cannot fetch Debian's packages: {done.stderr.strip()}")
    return done.stdout


def packages_with_dependencies(packages):
    """Names of the .deb files, from apt's own resolver. It lists only what its folder lacks: an empty one, then."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as empty:
        listing = _apt(pathlib.Path(empty), "install", "--print-uris", *packages)
    files = [line.split()[1] for line in listing.splitlines() if line.startswith("'")]
    if not files:
        raise Problem(f"apt-get knows no packages: {listing.strip()}")
    return sorted(files)


def _guest_name(name):
    """/bin, /sbin and /lib are links into /usr on every Debian system since 12."""
    name = name.removeprefix("./").strip("/")
    top = name.partition("/")[0]
    return f"usr/{name}" if top in MERGED else name


def unpack(archive, deb):
    data = subprocess.run(["dpkg-deb", "--fsys-tarfile", deb], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for member in tar:
            name = _guest_name(member.name)
            if not name or name.startswith(UNWANTED):
                continue
            owner = {"uid": member.uid, "gid": member.gid, "mtime": member.mtime}
            if member.isdir():
                if name not in archive.entries:
                    archive.folder(name, member.mode & 0o7777, **owner)
            elif member.issym():
                archive.link(name, member.linkname, **owner)
            elif member.islnk():
                original = archive.entries.get(_guest_name(member.linkname))
                if original:
                    archive.put(name, original)
            elif member.isfile():
                archive.put(name, cpio.Entry(stat.S_IFREG | member.mode & 0o7777, tar.extractfile(member).read(), **owner))


def _fetch(packages):
    """Downloads what is missing; the names of the .deb files."""
    files = packages_with_dependencies(packages)
    progress("fetching Debian's packages", f"({len(files)})")
    _apt(DEBS, "install", "--download-only", *packages)
    return files


def build(path, packages):
    files = apt.with_fresh_lists(lambda: _fetch(packages))
    archive = cpio.Archive()
    for name in MERGED:
        archive.folder(f"usr/{name}")
        archive.link(name, f"usr/{name}")
    for number, name in enumerate(files, 1):
        progress("unpacking Debian's packages", f"[{number}/{len(files)}] {name.split('_')[0]}")
        unpack(archive, DEBS / name)
    debian_fixes.apply(archive)
    archive.save(path)
    clear()


def extra_packages(name):
    """The packages that `debian+PACKAGE,PACKAGE` adds, or None when `name` is no debian root."""
    if name == "debian":
        return ()
    if not name.startswith("debian+"):
        return None
    packages = tuple(sorted(set(name.removeprefix("debian+").split(","))))
    for package in packages:
        # Debian Policy 5.6.1; a name is also kept from being an option of apt-get's.
        if not re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", package):
            raise Problem(f"--root {name}: '{package}' is no name of a package; write debian+PACKAGE,PACKAGE")
    return packages


def root(extra=()):
    """The cached archive; made again when the list of packages, a version or these files change. A machine that has
    been offline since keeps using the newest one it has."""
    here = pathlib.Path(__file__)
    recipe = "".join(here.with_name(name).read_text() for name in ("debian.py", "debian_fixes.py", "ld_cache.py"))
    recipe_key = hashlib.sha256("\n".join([recipe, *extra]).encode()).hexdigest()[:8]
    known = ROOTS / f"debian-{recipe_key}.cpio"
    with file_lock(ROOTS / ".debian.lock"):
        if not known.exists():
            build(known, [*PACKAGES, *extra])
    return known
