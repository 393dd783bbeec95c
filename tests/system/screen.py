"""The framebuffer console and the PS/2 keyboard, from the ISO image: the loader sets the graphics mode."""

from linnet import image
from linnet.paths import BUILD


def _lit(picture):
    """Share of pixels that are not of the most frequent colour, per row of 16 lines."""
    width, height, rows = picture
    shares = []
    for top in range(0, height - 15, 16):
        pixels = [bytes(row[at:at + 3]) for row in rows[top:top + 16] for at in range(0, width * 3, 3)]
        common = max(set(pixels), key=pixels.count)
        shares.append(1 - pixels.count(common) / len(pixels))
    return shares


def test_keyboard_and_screen(stage):
    path = image.make_iso(BUILD / "scene-screen.iso", append="exit=debug loglevel=8 console=tty1")
    guest = stage.machine(firmware="seabios", memory=512 << 20, display=True, extra=("-cdrom", path, "-boot", "d"))
    guest.expect_log("@ready|init|user", 120)
    guest.settle(5)
    before = _lit(guest.screenshot("boot"))
    assert sum(share > 0.01 for share in before) >= 3, "text on the screen"
    guest.keys("echo Linnet > /dev/console; cat /proc/version\n")
    guest.settle(3)
    after = _lit(guest.screenshot("typed"))
    assert after != before, "what is typed appears"
    # The shell on the screen ran it: two lines of output below what was there.
    assert sum(share > 0.01 for share in after) >= sum(share > 0.01 for share in before) + 2, "the shell answers"
