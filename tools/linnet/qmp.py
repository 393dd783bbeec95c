"""The emulator's control channel (QMP): screenshots, keys, power."""

import json
import time

_SHIFTED = dict(zip('~!@#$%^&*()_+{}|:"<>?', "`1234567890-=[]\\;',./"))
_KEYS = {"\n": "ret", " ": "spc", "-": "minus", "=": "equal", "[": "bracket_left", "]": "bracket_right",
         "\\": "backslash", ";": "semicolon", "'": "apostrophe", ",": "comma", ".": "dot", "/": "slash",
         "`": "grave_accent", "\t": "tab", "\b": "backspace"}


class Qmp:
    def __init__(self, channel):
        self._channel, self._rest, self._ready = channel, b"", False

    def _message(self):
        while b"\n" not in self._rest:
            data = self._channel.recv(65536)
            if not data:
                raise EOFError("the emulator has ended")
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        return json.loads(line)

    def _ask(self, command, arguments):
        request = {"execute": command, **({"arguments": arguments} if arguments else {})}
        self._channel.sendall(json.dumps(request).encode() + b"\n")
        while True:
            answer = self._message()
            if "error" in answer:
                raise RuntimeError(f"{command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def execute(self, command, **arguments):
        if not self._ready:
            self._channel.settimeout(30)
            self._message()     # the greeting
            self._ask("qmp_capabilities", None)
            self._ready = True
        return self._ask(command, arguments)

    def keys(self, text, pause=0.02):
        """Presses and releases the keys of `text` on a US keyboard."""
        for letter in text:
            shift = letter.isupper() or letter in _SHIFTED
            plain = _SHIFTED.get(letter, letter.lower())
            names = (["shift"] if shift else []) + [_KEYS.get(plain, plain)]
            self.execute("send-key", keys=[{"type": "qcode", "data": name} for name in names])
            time.sleep(pause)
