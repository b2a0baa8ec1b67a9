#!/usr/bin/env python3
"""usage: kazoo_peer.py MODE SERVERS PATH COUNT NAME [ARGUMENT]

Contends with other processes by one of kazoo's recipes and prints what happens, as recipe-worker does.
"""
import sys
import time

from kazoo.client import KazooClient

mode, servers, path, count, name = sys.argv[1:6]
argument = sys.argv[6] if len(sys.argv) > 6 else None
count = int(count)


def write(line):
    print(time.monotonic_ns(), line, flush=True)


def critical():
    write("enter " + name)
    time.sleep(0.005)
    write("exit " + name)


client = KazooClient(servers, timeout=15)
client.start(30)
if mode == "lock":
    # Curator's names are kazoo's contenders only when it is told of them.
    patterns = ("-lock-",) if argument == "Curator" else ()
    for _ in range(count):
        with client.Lock(path, name, extra_lock_patterns=patterns):
            critical()
elif mode == "election":
    for _ in range(count):
        client.Election(path, name).run(critical)
elif mode == "send":
    for i in range(count):
        client.Queue(path).put(("%s-%d" % (name, i)).encode())
        write("sent %s-%d" % (name, i))
elif mode == "receive":
    queue = client.Queue(path)
    while True:
        data = queue.get()
        if data is None:
            time.sleep(0.01)
            continue
        write("got %s %s" % (data.decode(), name))
        if data == b"stop":
            break
elif mode == "count":
    counter = client.Counter(path, support_curator=argument == "Int32")
    for _ in range(count):
        counter += 1
elif mode == "barrier":
    barrier = client.DoubleBarrier(path, int(argument))
    for i in range(count):
        write("arrive %d %s" % (i, name))
        barrier.enter()
        write("in %d %s" % (i, name))
        time.sleep(0.02)
        write("leave %d %s" % (i, name))
        barrier.leave()
        write("out %d %s" % (i, name))
else:
    sys.exit("'%s' is no mode of this program." % mode)
client.stop()
client.close()
