#!/usr/bin/env python3
"""usage: first_answer.py PORT FROM    seconds from FROM (nanoseconds since 1970) to the first request that a server answers

Asks again and again: opens a session and calls exists on the root, as a client would.
"""
import socket
import struct
import sys
import time

PATIENCE = 120


def receive(connection):
    def exactly(count):
        data = b""
        while len(data) < count:
            part = connection.recv(count - len(data))
            if not part:
                raise OSError("closed")
            data += part
        return data

    return exactly(struct.unpack(">i", exactly(4))[0])


def send(connection, frame):
    connection.sendall(struct.pack(">i", len(frame)) + frame)


def ask(port):
    with socket.create_connection(("127.0.0.1", port), 1) as connection:
        connection.settimeout(2)
        send(connection, struct.pack(">iqiqi", 0, 0, 10000, 0, 16) + bytes(16) + b"\0")
        receive(connection)
        send(connection, struct.pack(">iii", 1, 3, 1) + b"/\0")
        answer = receive(connection)
        now = time.time_ns()
        if struct.unpack(">i", answer[12:16])[0] != 0:
            raise OSError("error")
        send(connection, struct.pack(">ii", 2, -11))
        return now


def main():
    port, start = int(sys.argv[1]), int(sys.argv[2])
    while time.time_ns() - start < PATIENCE * 1_000_000_000:
        try:
            print("%.3f" % ((ask(port) - start) / 1e9))
            return 0
        except OSError:
            time.sleep(0.002)
    print("no answer at port %d within %d s" % (port, PATIENCE), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
