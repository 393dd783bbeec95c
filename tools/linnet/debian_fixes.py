"""What the maintainer scripts of the debian root's packages would have made."""

import importlib.util
import marshal
import re
import stat
import sys

from . import ld_cache

ALTERNATIVES = {
    "usr/bin/sh": "dash", "usr/bin/awk": "mawk", "usr/bin/nawk": "mawk", "usr/bin/which": "which.debianutils",
    "usr/bin/pager": "less", "usr/bin/editor": "vim.tiny", "usr/bin/vi": "vim.tiny", "usr/bin/vim": "vim.tiny",
    "usr/bin/ex": "vim.tiny", "usr/bin/view": "vim.tiny", "usr/bin/w": "w.procps",
}

ETC = {
    "etc/hostname": "linnet\n",
    "etc/hosts": "127.0.0.1 localhost linnet\n::1 localhost\n",
    "etc/shells": "/bin/sh\n/bin/bash\n/bin/dash\n",
    "etc/ld.so.conf": "include /etc/ld.so.conf.d/*.conf\n",
    "etc/timezone": "Etc/UTC\n",
    # What pam-auth-update makes of pam_unix's profile.
    "etc/pam.d/common-auth": "auth [success=1 default=ignore] pam_unix.so nullok\nauth requisite pam_deny.so\nauth required pam_permit.so\n",
    "etc/pam.d/common-account": "account [success=1 new_authtok_reqd=done default=ignore] pam_unix.so\naccount requisite pam_deny.so\n"
                                "account required pam_permit.so\n",
    "etc/pam.d/common-password": "password [success=1 default=ignore] pam_unix.so obscure yescrypt\npassword requisite pam_deny.so\n"
                                 "password required pam_permit.so\n",
    "etc/pam.d/common-session": "session [default=1] pam_permit.so\nsession requisite pam_deny.so\nsession required pam_permit.so\n"
                                "session required pam_unix.so\n",
    "etc/pam.d/common-session-noninteractive": "session [default=1] pam_permit.so\nsession requisite pam_deny.so\n"
                                               "session required pam_permit.so\nsession required pam_unix.so\n",
}

# Copies that base-files' and base-passwd's scripts make on a new system.
COPIES = {
    "usr/share/base-passwd/passwd.master": "etc/passwd",
    "usr/share/base-passwd/group.master": "etc/group",
    "usr/share/base-files/profile": "etc/profile",
    "usr/share/base-files/nsswitch.conf": "etc/nsswitch.conf",
    "usr/share/base-files/dot.profile": "root/.profile",
    "usr/share/base-files/dot.bashrc": "root/.bashrc",
    "usr/share/libc-bin/nsswitch.conf": "etc/nsswitch.conf",
}


def _exists(archive, name):
    return name in archive.entries


def _python_byte_code(archive):
    """What py3compile does after the installation, when the Python here is of the same version."""
    stem = f"usr/lib/python{sys.version_info.major}.{sys.version_info.minor}/"
    tag = sys.implementation.cache_tag
    for name, entry in list(archive.entries.items()):
        if not (name.startswith(stem) and name.endswith(".py") and stat.S_ISREG(entry.mode)):
            continue
        if "/dist-packages/" in name or "/lib2to3/" in name:
            continue
        try:
            code = compile(entry.data, "/" + name, "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            continue
        folder, _, file = name.rpartition("/")
        header = importlib.util.MAGIC_NUMBER + bytes(4)
        header += entry.mtime.to_bytes(4, "little") + (entry.size & 0xFFFFFFFF).to_bytes(4, "little")
        archive.file(f"{folder}/__pycache__/{file[:-3]}.{tag}.pyc", header + marshal.dumps(code), mtime=entry.mtime)


def apply(archive):
    for name in ("dev", "mnt", "proc", "run", "sys", "var/tmp", "var/log", "etc"):
        if not _exists(archive, name):
            archive.folder(name)
    archive.folder("tmp", 0o1777)
    archive.folder("root", 0o700)
    for source, target in COPIES.items():
        if _exists(archive, source) and not _exists(archive, target):
            archive.file(target, archive.entries[source].data)
    for name, text in ETC.items():
        if not _exists(archive, name):
            archive.file(name, text)
    if _exists(archive, "etc/passwd") and not _exists(archive, "etc/shadow"):
        accounts = re.findall(r"^([^:\n]+):", archive.entries["etc/passwd"].data.decode(), re.MULTILINE)
        archive.file("etc/shadow", "".join(f"{name}:*:19000:0:99999:7:::\n" for name in accounts), 0o640, gid=42)
    for name, target in ALTERNATIVES.items():
        if not _exists(archive, name) and _exists(archive, f"usr/bin/{target}"):
            archive.link(name, target)
    archive.file("etc/ld.so.cache", ld_cache.make(archive.entries))
    _python_byte_code(archive)
