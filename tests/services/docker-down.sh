#!/usr/bin/env bash
# usage: tests/services/docker-down.sh [FOLDER=/tmp/coordps-docker]
# Stops what docker-up.sh started there, by recorded pid, and removes its data.
set -uo pipefail
folder=${1:-/tmp/coordps-docker}
docker_host=unix://$folder/docker.sock
client=$(PATH=/usr/bin:$PATH command -v docker)

stop() { # NAME PID
    kill "$2" 2>/dev/null || return
    for _ in $(seq 600); do
        kill -0 "$2" 2>/dev/null || return
        sleep 0.1
    done
    echo "docker-down: the $1 (pid $2) does not end" >&2
    exit 1
}

if [ -s "$folder/dockerd.pid" ]; then
    containers=$("$client" -H "$docker_host" ps -aq 2>/dev/null)
    # shellcheck disable=SC2086
    [ -z "$containers" ] || "$client" -H "$docker_host" rm -fv $containers >/dev/null
    stop dockerd "$(cat "$folder/dockerd.pid")"
fi
[ -s "$folder/registry.pid" ] && stop registry "$(cat "$folder/registry.pid")"
# An engine that was to keep its containers alive, or that was killed, leaves its own containerd and mounts behind.
[ -s "$folder/exec/containerd/containerd.pid" ] && stop containerd "$(cat "$folder/exec/containerd/containerd.pid")"
awk -v folder="$folder/" 'index($2, folder) == 1 { print $2 }' /proc/self/mounts | sort -r | xargs -r umount -l
rm -rf "$folder"
