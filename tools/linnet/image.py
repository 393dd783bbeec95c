"""./linnet image: media to boot from, and root file systems as files."""

import argparse
import os
import pathlib
import shutil
import subprocess
import tempfile

from . import build, rootfs
from .paths import BUILD, PRESETS
from .ui import Problem, clear, progress, say

GRUB = """set timeout={timeout}
set default=0
insmod all_video
set gfxmode=1024x768x32,auto
set gfxpayload=keep
menuentry "Linnet" {{
    multiboot2 /boot/linnet.elf {append}
    module2 /boot/root.cpio root
}}
"""


def make_iso(path, preset="release", root="busybox", additions=(), append="", timeout=0, conf=None):
    """A hybrid ISO that starts on BIOS and on UEFI through GRUB (Multiboot2)."""
    kernel = build.build_kernel(preset)
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        boot = pathlib.Path(folder) / "boot"
        (boot / "grub").mkdir(parents=True)
        shutil.copy(kernel, boot / "linnet.elf")
        conf = rootfs.run_conf([], "/", [], False) if conf is None else conf
        with rootfs.assemble(root, additions, conf) as initrd, open(boot / "root.cpio", "wb") as out:
            initrd.seek(0)
            shutil.copyfileobj(initrd, out, 1 << 20)
        words = f"console=ttyS0 console=tty1 init=/.linnet/init {append}".strip()
        (boot / "grub/grub.cfg").write_text(GRUB.format(append=words, timeout=timeout))
        progress("making the ISO image")
        command = ["grub-mkrescue", "--compress=xz", "--fonts=", "--locales=", "--themes=", "-o", path, folder]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        clear()
        if done.returncode != 0:
            raise Problem(f"grub-mkrescue failed:\n{done.stderr}")
    return path


def _iso(options):
    path = pathlib.Path(options.output or BUILD / "linnet.iso")
    make_iso(path, options.preset, options.root, options.add, " ".join(options.append), timeout=2)
    say(f"{path}: boots on BIOS and UEFI ({os.path.getsize(path) >> 20} MiB)")


def _root(options):
    path = pathlib.Path(options.output or BUILD / f"{pathlib.Path(options.root).name}.cpio")
    with rootfs.assemble(options.root, options.add) as archive, open(path, "wb") as out:
        archive.seek(0)
        shutil.copyfileobj(archive, out, 1 << 20)
    say(f"{path}: {os.path.getsize(path) >> 20} MiB; use it with ./linnet run --root {path}")


def main(arguments):
    parser = argparse.ArgumentParser(prog="./linnet image", description=__doc__.split(": ", 1)[1])
    parser.add_argument("kind", choices=("iso", "root"),
                        help="iso: kernel and root, boots through GRUB; root: a root file system as a cpio archive")
    parser.add_argument("-o", "--output", metavar="FILE", help="default build/linnet.iso, build/ROOT.cpio")
    parser.add_argument("--root", default="busybox", metavar="busybox|debian|PATH")
    parser.add_argument("--add", action="append", default=[], metavar="HOST[:GUEST]")
    parser.add_argument("--append", action="append", default=[], metavar='"OPTIONS"', help="kernel options")
    parser.add_argument("--preset", default="release", choices=PRESETS)
    options = parser.parse_args(arguments)
    {"iso": _iso, "root": _root}[options.kind](options)
    return 0
