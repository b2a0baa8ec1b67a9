#!/usr/bin/env python3
"""usage: refusing-engine.py SOCKET ENGINE_SOCKET FILE
Stands before a Docker Engine as a proxy does, and refuses (HTTP status 503) each request whose path matches the regular expression in FILE, as long
as it is there. No engine can be told to refuse at a moment of the test's choice.
"""
import os
import re
import socket
import socketserver
import sys

listen, engine, rule = sys.argv[1:]
BODY = b'{"message":"not now"}'
REFUSAL = b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(BODY), BODY)


def refused_paths():
    try:
        with open(rule, encoding="utf-8") as file:
            return file.read().strip()
    except FileNotFoundError:
        return ""


class Proxy(socketserver.StreamRequestHandler):
    def handle(self):
        first = self.rfile.readline()
        if not first:
            return
        head = [line for line in iter(self.rfile.readline, b"\r\n") if not line.lower().startswith(b"connection:")]
        length = next((int(line.split(b":")[1]) for line in head if line.lower().startswith(b"content-length:")), 0)
        body = self.rfile.read(length)
        refused = refused_paths()
        if refused and re.search(refused, first.decode()):
            self.wfile.write(REFUSAL)
            return
        with socket.socket(socket.AF_UNIX) as upstream:
            upstream.connect(engine)
            upstream.sendall(first + b"".join(head) + b"Connection: close\r\n\r\n" + body)
            while data := upstream.recv(65536):
                self.wfile.write(data)


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 128


# The socket shows when it listens, not when it is only bound.
with Server(listen + ".new", Proxy) as server:
    os.rename(listen + ".new", listen)
    server.serve_forever()
