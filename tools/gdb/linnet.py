"""Pretty-printers for base/: loaded by `./linnet debug` and by hand with `source tools/gdb/linnet.py`.

Shows `Result<Ref<File>>` as its value or its errno, strings as text, lists and vectors element by element, and
addresses with their symbol. Prints nothing itself and changes nothing in the guest.
"""

import gdb
import gdb.printing


def _errno(value):
    """EINVAL for 22: read from the enumeration itself, so there is no second table."""
    try:
        kind = gdb.lookup_type("Errno")
        for field in kind.fields():
            if field.enumval == value:
                return "E" + field.name.rsplit("::k", 1)[-1]
    except gdb.error:
        pass
    return f"errno {value}"


class Pointer:
    """Own, Ref, OptRef: what it points to."""

    def __init__(self, value):
        self.target = value["p_"]

    def to_string(self):
        if int(self.target) == 0:
            return "null"
        return f"-> {self.target.dynamic_type} {int(self.target):#x}"

    def children(self):
        if int(self.target):
            yield "*", self.target.dereference()


class Result:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        error = int(self.value["error_"])
        if error:
            return _errno(error)
        try:
            return self.value["value_"].format_string()
        except gdb.error:   # Result<void>
            return "ok"


class Vector:
    def __init__(self, value):
        self.data, self.size = value["data_"], int(value["size_"])

    def to_string(self):
        return f"{self.size} elements"

    def children(self):
        for i in range(min(self.size, 200)):
            yield f"[{i}]", self.data[i]

    def display_hint(self):
        return "array"


class Text:
    """String and FixedString."""

    def __init__(self, value):
        if value.type.strip_typedefs().name.startswith("FixedString"):
            self.data, self.size = value["data_"].address.cast(gdb.lookup_type("char").pointer()), int(value["size_"])
        else:
            self.data, self.size = value["bytes_"]["data_"], max(int(value["bytes_"]["size_"]) - 1, 0)

    def to_string(self):
        return self.data.string(length=self.size, errors="replace") if self.size else ""

    def display_hint(self):
        return "string"


class Address:
    def __init__(self, value):
        self.value = int(value["value"])

    def to_string(self):
        return f"{self.value:#x}"


class List:
    """IntrusiveList<T, &T::node>: its elements."""

    def __init__(self, value):
        self.head = value["head_"]
        self.element = value.type.template_argument(0)
        self.offset = int(value.type.template_argument(1).cast(gdb.lookup_type("long")))

    def to_string(self):
        return "list"

    def children(self):
        node, end, number = self.head["next"], int(self.head.address), 0
        while int(node) not in (0, end) and number < 200:
            pointer = gdb.Value(int(node) - self.offset).cast(self.element.pointer())
            yield f"[{number}]", pointer.dereference()
            node, number = node["next"], number + 1

    def display_hint(self):
        return "array"


class Nanoseconds:
    def __init__(self, value):
        self.ns = int(value["ns"])

    def to_string(self):
        return "never" if self.ns == 2**63 - 1 else f"{self.ns / 1e9:.9f} s"


def printers():
    collection = gdb.printing.RegexpCollectionPrettyPrinter("linnet")
    for name, pattern, printer in (
            ("pointer", "^(Own|Ref|OptRef)<.*>$", Pointer), ("result", "^Result<.*>$", Result),
            ("vector", "^Vector<.*>$", Vector), ("text", "^(String|FixedString<.*>)$", Text),
            ("address", "^Address<.*>$", Address), ("list", "^IntrusiveList<.*>$", List),
            ("time", "^(Duration|Instant)$", Nanoseconds)):
        collection.add_printer(name, pattern, printer)
    return collection


gdb.printing.register_pretty_printer(gdb.current_objfile(), printers(), replace=True)
