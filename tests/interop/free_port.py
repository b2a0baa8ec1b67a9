#!/usr/bin/env python3
"""Prints a free port of the loopback interface, below those that the system gives to connections.

A port of that range would not do: a client that tries to connect before the server listens can be given the very port as its own
and end up connected to itself.
"""
import random
import socket


def free_port():
    while True:
        port = random.randrange(15000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


if __name__ == "__main__":
    print(free_port())
