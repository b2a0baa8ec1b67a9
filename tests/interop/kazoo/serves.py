#!/usr/bin/env python3
"""usage: serves.py HOSTS FILE

Uses an ensemble as kazoo's users do, and writes until FILE exists, whatever happens to members meanwhile. Ends with 0 when every write that
was acknowledged is there; prints how many.
"""
import os
import sys
import threading

from kazoo.client import KazooClient
from kazoo.exceptions import ConnectionLoss, OperationTimeoutError, SessionExpiredError

hosts, stop = sys.argv[1:]
client = KazooClient(hosts=hosts, timeout=10, connection_retry={"max_tries": -1, "delay": 0.1, "max_delay": 1})
client.start(timeout=30)
base = "/kazoo-%d" % os.getpid()
client.ensure_path(base + "/writes")

seen = threading.Event()
client.create(base + "/watched", b"1")
client.DataWatch(base + "/watched", lambda data, stat: seen.set() if data == b"2" else None)
transaction = client.transaction()
transaction.check(base + "/watched", 0)
transaction.set_data(base + "/watched", b"2")
assert not any(isinstance(result, Exception) for result in transaction.commit())
assert seen.wait(10), "the watch was not told"
with client.Lock(base + "/lock", "me"):
    assert client.Lock(base + "/lock").contenders() == ["me"]
print("ready", flush=True)

acknowledged = set()
number = 0
while not os.path.exists(stop):
    number += 1
    path = "%s/writes/%d" % (base, number)
    try:
        client.create(path, b"x")
        acknowledged.add(str(number))
    except (ConnectionLoss, SessionExpiredError, OperationTimeoutError):
        # It may or may not be there.
        client.retry(client.exists, base)
client.retry(client.sync, base)
missing = acknowledged - set(client.retry(client.get_children, base + "/writes"))
assert not missing, "acknowledged and not there: %s" % sorted(missing)
assert acknowledged
client.retry(client.delete, base, recursive=True)
client.stop()
client.close()
print("%d writes acknowledged, all there" % len(acknowledged))
