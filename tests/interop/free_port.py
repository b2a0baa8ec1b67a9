#!/usr/bin/env python3
"""usage: free_port.py [COUNT=1]    prints free ports of the loopback interface, below those that the system gives to connections, a line each

A port of that range would not do: a client that tries to connect before the server listens can be given the very port as its own
and end up connected to itself. While a process that imports this lives, no other and not itself is given the same port again.
"""
import random
import socket
import sys


_claims = {}


def claim(port):
    if port in _claims:
        return False
    _claims[port] = None
    if sys.platform == "linux":
        # A name that is no file and goes with the process.
        name = socket.socket(socket.AF_UNIX)
        try:
            name.bind("\0coordps-test-port-%d" % port)
        except OSError:
            name.close()
            return False
        _claims[port] = name
    return True


def free_port():
    while True:
        port = random.randrange(15000, 32000)
        if not claim(port):
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    ports = set()
    while len(ports) < count:
        ports.add(free_port())
    print("\n".join(str(port) for port in ports))


if __name__ == "__main__":
    main()
