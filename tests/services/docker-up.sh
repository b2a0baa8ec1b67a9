#!/usr/bin/env bash
# usage: tests/services/docker-up.sh [FOLDER=/tmp/coordps-docker]
# Starts a Docker Engine on a socket of its own and a registry on 127.0.0.1:5000, and prints the environment that the tests look at, to be
# read with eval. Both are installed first where apt can. The engine has no bridge and touches no firewall: containers use the host's network.
# DOCKERD_OPTIONS are further options of the engine, such as --live-restore. The one base image, 127.0.0.1:5000/busybox:1, is made of Debian's busybox-static; nothing is pulled.
set -euo pipefail
folder=${1:-/tmp/coordps-docker}
registry=127.0.0.1:5000
docker_host=unix://$folder/docker.sock

say() { echo "docker-up: $*" >&2; }

if [ "$(id -u)" != 0 ]; then
    say "a Docker Engine needs root; run this as root, or set COORDPS_TEST_DOCKER_HOST to an engine that has a registry on $registry"
    exit 1
fi
if ! { command -v dockerd && command -v docker-registry && [ -x /bin/busybox ]; } >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends docker.io docker-registry busybox-static; } >/tmp/coordps-docker-apt.log 2>&1 ||
        { tail -5 /tmp/coordps-docker-apt.log >&2; say "docker.io, docker-registry and busybox-static could not be installed"; exit 1; }
fi

wait_for() { # WHAT PID COMMAND...
    local what=$1 pid=$2
    shift 2
    for _ in $(seq 1200); do
        "$@" >/dev/null 2>&1 && return
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    tail -5 "$folder/$what.log" >&2
    say "the $what did not start; see $folder/$what.log"
    exit 1
}

alive() { # NAME
    [ -s "$folder/$1.pid" ] && kill -0 "$(cat "$folder/$1.pid")" 2>/dev/null
}

answers() { curl --noproxy '*' -fsS -o /dev/null "$@"; }

mkdir -p "$folder/images"
if ! alive dockerd; then
    rm -f "$folder/dockerd.pid"
    # shellcheck disable=SC2086
    DOCKER_TMPDIR=$folder/tmp nohup dockerd --host="$docker_host" --data-root="$folder/data" --exec-root="$folder/exec" --pidfile="$folder/dockerd.pid" \
        --bridge=none --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false ${DOCKERD_OPTIONS:-} >"$folder/dockerd.log" 2>&1 </dev/null &
    wait_for dockerd $! answers --unix-socket "$folder/docker.sock" http://engine/_ping
fi
if ! answers "http://$registry/v2/" 2>/dev/null; then
    cat >"$folder/registry.yml" <<YML
version: 0.1
log: { level: warn }
storage: { filesystem: { rootdirectory: $folder/registry }, delete: { enabled: true } }
http: { addr: $registry }
YML
    nohup docker-registry serve "$folder/registry.yml" >"$folder/registry.log" 2>&1 </dev/null &
    echo $! >"$folder/registry.pid"
    wait_for registry $! answers "http://$registry/v2/"
fi

client=$(PATH=/usr/bin:$PATH command -v docker)
if ! "$client" -H "$docker_host" image inspect "$registry/busybox:1" >/dev/null 2>&1; then
    root=$(mktemp -d)
    mkdir -p "$root"/{bin,etc,tmp,var,root,proc,sys,dev}
    chmod 1777 "$root/tmp"
    cp /bin/busybox "$root/bin/"
    for applet in $(/bin/busybox --list); do
        [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
    done
    printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' >"$root/etc/passwd"
    printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
    tar -C "$root" --owner=0 --group=0 -c . | "$client" -H "$docker_host" import --change 'CMD ["sh"]' - "$registry/busybox:1" >/dev/null
    rm -rf "$root"
fi
"$client" -H "$docker_host" push -q "$registry/busybox:1" >/dev/null
echo "export COORDPS_TEST_DOCKER_HOST=$docker_host COORDPS_TEST_REGISTRY=$registry"
