"""A pytest plugin that runs kazoo's test suite against servers started by any command.

    COORDPS_SERVER='coordps server' COORDPS_MEMBERS=3 python3 -m pytest -p server_command --pyargs kazoo.tests

kazoo's harness starts three Java servers. This puts one standalone server in their place or, with COORDPS_MEMBERS, an ensemble, which
the tests may stop, start and reset as they would those: COORDPS_SERVER is a command that takes the path of a zoo.cfg and runs a server
in the foreground. What needs SASL or TLS is skipped, and so is what needs an ensemble where there is none.
"""
import atexit
import os
import shlex
import shutil
import socket
import subprocess
import tempfile
import time

import pytest
from kazoo.testing import harness

from free_port import free_port

START_SECONDS = 60
STOP_SECONDS = 30
JOIN_SECONDS = 10
MODES = (b"standalone", b"leader", b"follower")
SUPER_DIGEST = "super:D/InIHSb7yEEbrWz8b9l71RjZJU="  # super:test, which the suite expects


class Server:
    """One server process and its folder."""

    host = "127.0.0.1"

    def __init__(self, command, member=0, ensemble=()):
        """A standalone server, or the member with an id of an ensemble, which is a zoo.cfg's server lines."""
        self._command = command
        self._member = member
        self._ensemble = list(ensemble)
        self._process = None
        self.working_path = tempfile.mkdtemp(prefix="kazoo-server-")
        self.client_port = free_port()
        self.address = "%s:%d" % (self.host, self.client_port)

    @property
    def running(self):
        return self._process is not None and self._process.poll() is None

    @property
    def secure_address(self):
        pytest.skip("needs a server with TLS")

    def run(self):
        if self.running:
            return
        data = os.path.join(self.working_path, "data")
        os.makedirs(data, exist_ok=True)
        if self._member:
            with open(os.path.join(data, "myid"), "w") as f:
                f.write(str(self._member))
        config = os.path.join(self.working_path, "zoo.cfg")
        with open(config, "w") as f:
            f.write("\n".join([
                "tickTime=2000",
                "dataDir=" + data,
                "clientPort=%d" % self.client_port,
                "clientPortAddress=" + self.host,
                "maxClientCnxns=0",
                "admin.enableServer=false",
                "4lw.commands.whitelist=*",
                "reconfigEnabled=true",
                "DigestAuthenticationProvider.superDigest=" + SUPER_DIGEST,
                "readonlymode.enabled=true",
                "preAllocSize=1024",
                "initLimit=4",
                "syncLimit=2",
            ] + self._ensemble + [""]))
        with open(os.path.join(self.working_path, "server.log"), "ab") as log:
            self._process = subprocess.Popen(
                self._command + [config], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        # A member may be without a quorum, which is for the test to know.
        if not self._member:
            self.wait_until_it_serves()

    def wait_until_it_serves(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if not self.running:
                raise RuntimeError("The server ended at once:\n" + self._log())
            try:
                with socket.create_connection((self.host, self.client_port), 1) as s:
                    s.sendall(b"srvr")
                    s.settimeout(5)
                    answer = s.makefile("rb").read()
                    if any(b"Mode: " + mode in answer for mode in MODES):
                        return
            except OSError:
                pass
            time.sleep(0.05)
        raise RuntimeError("The server did not serve within %d s:\n%s" % (START_SECONDS, self._log()))

    def _log(self):
        with open(os.path.join(self.working_path, "server.log"), errors="replace") as f:
            return f.read()[-4000:]

    def get_logs(self):
        return self._log().splitlines()

    def stop(self):
        if not self.running:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def reset(self):
        self.stop()
        shutil.rmtree(os.path.join(self.working_path, "data"), ignore_errors=True)

    def destroy(self):
        self.stop()
        shutil.rmtree(self.working_path, ignore_errors=True)


class Cluster:
    """What kazoo's harness takes for its cluster."""

    def __init__(self, command, members):
        if members == 1:
            self._servers = [Server(command)]
            return
        lines = ["server.%d=%s:%d:%d:participant" % (i, Server.host, free_port(), free_port()) for i in range(1, members + 1)]
        self._servers = [Server(command, i, lines) for i in range(1, members + 1)]

    def __getitem__(self, index):
        if index >= len(self._servers):
            pytest.skip("needs an ensemble")
        return self._servers[index]

    def __iter__(self):
        return iter(self._servers)

    def start(self):
        for server in self._servers:
            server.run()
        for server in self._servers:
            server.wait_until_it_serves()

    def stop(self):
        for server in self._servers:
            server.stop()

    def reset(self):
        for server in self._servers:
            server.reset()

    def terminate(self):
        for server in self._servers:
            server.destroy()

    def get_logs(self):
        return [line for server in self._servers for line in server.get_logs()]


CLUSTER = Cluster(shlex.split(os.environ["COORDPS_SERVER"]), int(os.environ.get("COORDPS_MEMBERS", "1")))
atexit.register(CLUSTER.terminate)


def get_global_cluster():
    if os.environ.get("ZOOKEEPER_JAAS_AUTH"):
        pytest.skip("needs a server with SASL")
    return CLUSTER


harness.get_global_cluster = get_global_cluster


def pytest_collection_modifyitems(items):
    """Lets a test of locks that failed end: its threads wait for what it would have told them, and its tearDown for them, for ever.

    KazooLockTests.test_lock can fail on any server: it waits for a moment in which nobody has the lock, and may be too late for it.
    """
    for case in {base for item in items if item.cls for base in item.cls.__mro__ if base.__name__ in ("KazooLockTests", "TestSemaphore")}:
        case.tearDown = tear_down


def tear_down(case):
    harness.KazooTestCase.tearDown(case)
    while case.threads_made:
        case.threads_made.pop().join(JOIN_SECONDS)
