#!/usr/bin/env python3
"""usage: build/start-compare.py [ROUNDS=5]

Seconds from starting a server to its first answered request (a session and an exists), ours and Apache's in turn, on fresh data.
One process starts the servers and asks them, so that no interpreter's own start is measured. Needs build/build.sh and Apache ZooKeeper.
"""
import os, pathlib, shutil, socket, statistics, struct, subprocess, sys, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SERVERS = {
    "ours": [str(ROOT / "out/bin/coordps"), "server"],
    "apache": ["bash", str(ROOT / "tests/interop/apache-server.sh")],
}


def receive(connection, length):
    data = b""
    while len(data) < length:
        part = connection.recv(length - len(data))
        if not part:
            raise OSError("closed")
        data += part
    return data


def call(connection, body):
    connection.sendall(struct.pack(">i", len(body)) + body)
    receive(connection, struct.unpack(">i", receive(connection, 4))[0])


def ask(port):
    with socket.create_connection(("127.0.0.1", port), 1) as connection:
        connection.settimeout(0.5)
        call(connection, struct.pack(">iqiqi", 0, 0, 10000, 0, 16) + bytes(17))
        call(connection, struct.pack(">iii", 1, 3, 1) + b"/\0")


def start(command):
    folder = tempfile.mkdtemp()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with open(os.path.join(folder, "zoo.cfg"), "w") as config:
        config.write(f"dataDir={folder}/data\nclientPort={port}\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\ntickTime=2000\n")
    begun = time.monotonic()
    server = subprocess.Popen(command + [config.name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while time.monotonic() < begun + 60:
            try:
                ask(port)
                return time.monotonic() - begun
            except OSError:
                time.sleep(0.003)
        sys.exit(f"{command[0]} did not answer within a minute")
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder)


seconds = {name: [] for name in SERVERS}
for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 5):
    for name, command in SERVERS.items():
        seconds[name].append(start(command))
ours, apache = (statistics.median(seconds[name]) for name in SERVERS)
print(f"ours / Apache {ours / apache:.2f}: ours {ours:.3f} s, Apache {apache:.3f} s (medians of {len(seconds['ours'])})")
