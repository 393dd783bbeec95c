"""A session with a guest: moves bytes between the UARTs and us until the guest, the clock or the person ends it.

The protocol of the log UART: a record a line, `<N>[   s.uuuuuu] text` with syslog level N; lines that begin with
`@` are for us: `@ready`, `@exit N`, `@panic`.
"""

import collections
import re
import selectors
import time

PANIC_PATIENCE = 5.0     # a panic text that stops arriving is taken as complete
EXIT_PATIENCE = 5.0      # from `@exit` to power-off
FRAME = 4096             # bytes of stdin a frame
_RECORD = re.compile(rb"<(\d+)>\[\s*(\d+\.\d+)\] ?(.*)", re.DOTALL)


class Outcome:
    EXIT, PANIC, TIMEOUT, DIED, LEFT = range(5)

    def __init__(self, kind, status=0):
        self.kind, self.status = kind, status


class LogReader:
    """Cuts the log UART's bytes into records and control words."""

    def __init__(self, sink):
        self._rest = b""
        self._sink = sink            # called with (level, line)
        self.tail = collections.deque(maxlen=60)
        self.words = []              # control lines not yet taken
        self.panicking = False

    def feed(self, data):
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            line = line.rstrip(b"\r")
            if line.startswith(b"@"):
                self.words.append(line[1:].decode(errors="replace"))
                continue
            if not line:
                continue
            match = _RECORD.match(line)
            level = int(match[1]) if match else 6
            if match and match[3].startswith(b"panic:"):
                self.panicking = True
            self.tail.append(line)
            self._sink(level, line)


class Session:
    """`ready` is for guests that never say `@ready`: what we send goes out at once, not when their drivers listen."""

    def __init__(self, emulator, on_console=None, on_log=None, on_stdout=None, on_stderr=None, ready=False):
        self._emulator = emulator
        ignore = lambda data: None
        self._sinks = {"console": on_console or ignore, "stdout": on_stdout or ignore, "stderr": on_stderr or ignore}
        self.log = LogReader(on_log or (lambda level, line: None))
        self._ready = ready
        self._selector = selectors.SelectSelector()
        self._outgoing = {name: collections.deque() for name in ("console", "stdout")}
        self._inputs = {}
        self.status = None
        self._quiet_since = None
        for name, channel in emulator.channels.items():
            if name != "qmp":
                channel.setblocking(False)
                self._selector.register(channel, selectors.EVENT_READ, name)

    def add_input(self, descriptor, reader):
        """Calls reader() when `descriptor` can be read; a true answer ends the session (the person left)."""
        self._inputs[descriptor] = reader
        self._selector.register(descriptor, selectors.EVENT_READ, descriptor)

    def drop_input(self, descriptor):
        if self._inputs.pop(descriptor, None):
            self._selector.unregister(descriptor)

    def send(self, name, data):
        """Queues bytes for the guest."""
        self._outgoing[name].append(data)
        self._watch(name)

    def send_stdin(self, data):
        """Queues a piece of the program's stdin; b'' is the end of the file."""
        self.send("stdout", len(data).to_bytes(2, "little") + data)

    def backlog(self):
        return sum(len(data) for queue in self._outgoing.values() for data in queue)

    def run(self, deadline=None, until=None):
        """Serves until the guest ends, `deadline` (monotonic) passes, or until() is true (then None)."""
        while True:
            if until and until():
                return None
            now = time.monotonic()
            limit = min(x for x in (deadline, self._limit(), now + 3600) if x is not None)
            if limit <= now:
                return self._late(now, deadline)
            try:
                events = self._selector.select(min(limit - now, 0.25 if until else 3600))
            except OSError:
                events = []
            for key, mask in events:
                if key.data in self._inputs:
                    if self._inputs[key.data]():
                        return Outcome(Outcome.LEFT)
                    continue
                if mask & selectors.EVENT_WRITE:
                    self._write(key.data)
                if mask & selectors.EVENT_READ:
                    self._read(key.data)
            outcome = self._control()
            if outcome:
                return outcome
            if not any(key.data in self._emulator.channels for key in self._selector.get_map().values()):
                return self._ended()

    # -- one channel -------------------------------------------------------------------------------------------

    def _watch(self, name):
        channel = self._emulator.channels[name]
        if channel.fileno() in self._selector.get_map():
            sends = self._ready and self._outgoing.get(name)
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if sends else 0)
            self._selector.modify(channel, events, name)

    def _write(self, name):
        queue = self._outgoing.get(name)
        if queue:
            try:
                sent = self._emulator.channels[name].send(queue[0])
            except BlockingIOError:
                return
            except OSError:
                queue.clear()
                sent = 0
            if queue:
                rest = queue.popleft()[sent:]
                if rest:
                    queue.appendleft(rest)
        self._watch(name)

    def _read(self, name):
        try:
            data = self._emulator.channels[name].recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._selector.unregister(self._emulator.channels[name])
        elif name == "log":
            self._quiet_since = time.monotonic()
            self.log.feed(data)
        else:
            self._sinks[name](data)

    # -- how it ends -------------------------------------------------------------------------------------------

    def _limit(self):
        if self.status is not None:
            return self._exit_at + EXIT_PATIENCE
        if self.log.panicking:
            return self._quiet_since + PANIC_PATIENCE
        return None

    def _late(self, now, deadline):
        if self.status is not None:
            return Outcome(Outcome.EXIT, self.status)
        if self.log.panicking:
            return Outcome(Outcome.PANIC)
        return Outcome(Outcome.TIMEOUT)

    def _control(self):
        while self.log.words:
            word, _, value = self.log.words.pop(0).partition(" ")
            if word == "panic":
                return Outcome(Outcome.PANIC)
            if word == "exit" and self.status is None:
                self.status = int(value) & 255 if value.strip().isdigit() else 125
                self._exit_at = time.monotonic()
            if word == "ready":
                self._ready = True
                for name in self._outgoing:
                    self._watch(name)
        return None

    def _ended(self):
        if self.status is not None:
            return Outcome(Outcome.EXIT, self.status)
        return Outcome(Outcome.PANIC if self.log.panicking else Outcome.DIED)
