#!/usr/bin/env python3
"""usage: build/start-compare.py [ROUNDS=5]

Seconds from starting a server to its first answered request (a session and an exists), ours and Apache's in turn, on fresh data.
One process starts the servers and asks them, so that no interpreter's own start is measured. Needs build/build.sh and Apache ZooKeeper.
"""
import os, pathlib, shutil, socket, statistics, subprocess, sys, tempfile

import first_answer

ROOT = pathlib.Path(__file__).resolve().parent.parent
SERVERS = {
    "ours": [str(ROOT / "out/bin/coordps"), "server"],
    "apache": ["bash", str(ROOT / "tests/interop/apache-server.sh")],
}


def start(command):
    folder = tempfile.mkdtemp()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with open(os.path.join(folder, "zoo.cfg"), "w") as config:
        config.write(f"dataDir={folder}/data\nclientPort={port}\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\ntickTime=2000\n")
    server = subprocess.Popen(command + [config.name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        return first_answer.wait(port) or sys.exit(f"{command[0]} did not answer")
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
