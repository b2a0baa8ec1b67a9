"""A pytest plugin that runs kazoo's test suite against a server started by any command.

    COORDPS_SERVER='coordps server' python3 -m pytest -p server_command --pyargs kazoo.tests

kazoo's harness starts three Java servers. This puts one standalone server in their place, which the tests may stop, start and
reset as they would those: COORDPS_SERVER is a command that takes the path of a zoo.cfg and runs a server in the foreground.
What needs an ensemble, SASL or TLS is skipped.
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
SUPER_DIGEST = "super:D/InIHSb7yEEbrWz8b9l71RjZJU="  # super:test, which the suite expects


class Server:
    """One server process and its folder."""

    host = "127.0.0.1"

    def __init__(self, command):
        self._command = command
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
                "preAllocSize=1024",
                "",
            ]))
        with open(os.path.join(self.working_path, "server.log"), "ab") as log:
            self._process = subprocess.Popen(
                self._command + [config], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._wait_until_it_serves()

    def _wait_until_it_serves(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if not self.running:
                raise RuntimeError("The server ended at once:\n" + self._log())
            try:
                with socket.create_connection((self.host, self.client_port), 1) as s:
                    s.sendall(b"srvr")
                    s.settimeout(5)
                    if b"Mode: " in s.makefile("rb").read():
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
    """What kazoo's harness takes for its cluster: one standalone server."""

    def __init__(self, command):
        self._server = Server(command)

    def __getitem__(self, index):
        if index != 0:
            pytest.skip("needs an ensemble")
        return self._server

    def __iter__(self):
        return iter([self._server])

    def start(self):
        self._server.run()

    def stop(self):
        self._server.stop()

    def reset(self):
        self._server.reset()

    def terminate(self):
        self._server.destroy()

    def get_logs(self):
        return self._server.get_logs()


CLUSTER = Cluster(shlex.split(os.environ["COORDPS_SERVER"]))
atexit.register(CLUSTER.terminate)


def get_global_cluster():
    if os.environ.get("ZOOKEEPER_JAAS_AUTH"):
        pytest.skip("needs a server with SASL")
    return CLUSTER


harness.get_global_cluster = get_global_cluster
