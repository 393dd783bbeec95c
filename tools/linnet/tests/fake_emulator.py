#!/usr/bin/python3
"""Plays the emulator and a guest for the tests of session.py: reads the socket descriptors from its command line
and behaves as the environment variable PLAY says."""

import os
import re
import socket
import sys
import time

fds = dict(re.findall(r"id=(\w+),fd=(\d+)", " ".join(sys.argv)))
uart = {name: socket.socket(fileno=int(fd)) for name, fd in fds.items()}


def receive(channel, size):
    data = b""
    while len(data) < size:
        data += channel.recv(size - len(data))
    return data


def read_stdin():
    data = b""
    while length := int.from_bytes(receive(uart["stdout"], 2), "little"):
        data += receive(uart["stdout"], length)
    return data


play = os.environ["PLAY"]
uart["log"].sendall(b"<6>[    0.000100] linnet: boot\n<4>[    0.000200] a warning\n@ready\n")
if play == "echo":
    uart["stdout"].sendall(read_stdin())
    uart["stderr"].sendall(b"to stderr\n")
    uart["log"].sendall(b"@exit 7\n")
elif play == "big":
    uart["stdout"].sendall(bytes(range(256)) * 4096)
    uart["log"].sendall(b"@exit 0\n")
elif play == "panic":
    uart["log"].sendall(b"<0>[    0.5] panic: no memory\n<0>[    0.5] at 0x1234 vm::map\n@panic\n")
    time.sleep(60)
elif play == "hang":
    time.sleep(60)
elif play == "reset":
    print("triple fault")
