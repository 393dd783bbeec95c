"""What a guest says of its memory, for scenes that check that it comes back."""

import re

SHELL_FUNCTION = "figures() { cat /proc/slabinfo /proc/meminfo; echo fig''ures end; }\n"
# A cache's count moves with what CPUs and RCU still hold; a leak of one object a process, page or call is far above.
SPARE_OBJECTS, SPARE_KIB = 400, 128


class Figures:
    def __init__(self, text):
        self.kib = {name: int(value) for name, value in re.findall(r"^(\w+):\s+(\d+) kB", text, re.M)}
        self.objects = {name: int(active) for name, active in
                        re.findall(r"^(\S+)\s+(\d+)\s+\d+\s+\d+\s+\d+\s+\d+ : tunables", text, re.M)}

    def growth_since(self, before, spare_kib=SPARE_KIB, spare_objects=SPARE_OBJECTS):
        """What has grown beyond the bounds, as lines; none: memory has come back."""
        grown = [f"{name}: {count - before.objects.get(name, 0)} objects more"
                 for name, count in self.objects.items() if count - before.objects.get(name, 0) > spare_objects]
        lost = before.kib["MemFree"] - self.kib["MemFree"]
        if lost > spare_kib:
            grown.append(f"MemFree: {lost} kB less")
        for name in "Slab", "KernelStack", "PageTables", "AnonPages", "Shmem":
            more = self.kib[name] - before.kib[name]
            if more > spare_kib:
                grown.append(f"{name}: {more} kB more")
        return grown


def read(guest, seconds=60):
    """Of a guest whose shell has SHELL_FUNCTION."""
    guest.type("figures\n")
    return Figures(guest.expect(r"(?s)slabinfo - .*figures end\r?\n", seconds=seconds)[0])
