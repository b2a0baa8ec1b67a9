#!/usr/bin/env python3
"""usage: first_answer.py PORT    waits until the server at a local port answers a request: a session and an exists, as a client asks"""
import socket
import struct
import sys
import time

PATIENCE = 120
INTERVAL = 0.003


def receive(connection, length):
    data = b""
    while len(data) < length:
        part = connection.recv(length - len(data))
        if not part:
            raise OSError("closed")
        data += part
    return data


def call(connection, frame):
    connection.sendall(struct.pack(">i", len(frame)) + frame)
    return receive(connection, struct.unpack(">i", receive(connection, 4))[0])


def ask(port):
    """Opens a session, calls exists on the root and closes the session. OSError when the server does not answer, or with an error."""
    with socket.create_connection(("127.0.0.1", port), 1) as connection:
        connection.settimeout(2)
        call(connection, struct.pack(">iqiqi", 0, 0, 10000, 0, 16) + bytes(17))
        answer = call(connection, struct.pack(">iii", 1, 3, 1) + b"/\0")
        if struct.unpack(">i", answer[12:16])[0] != 0:
            raise OSError("error")
        connection.sendall(struct.pack(">iii", 8, 2, -11))


def wait(port):
    """The seconds until it answered; None when it did not for two minutes."""
    begun = time.monotonic()
    while time.monotonic() < begun + PATIENCE:
        try:
            ask(port)
            return time.monotonic() - begun
        except OSError:
            time.sleep(INTERVAL)
    return None


if __name__ == "__main__":
    if wait(int(sys.argv[1])) is None:
        sys.exit("no answer at port %s within %d s" % (sys.argv[1], PATIENCE))
