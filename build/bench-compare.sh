#!/usr/bin/env bash
# usage: build/bench-compare.sh [ROUNDS=5] [SECONDS=3]
# Our server against Apache ZooKeeper in one run on this machine, both with fsync on; prints Markdown tables, the ratios first.
# Needs out/bin/coordps (build/build.sh) and Debian's zookeeper, a Java runtime and python3.
#   SKIP_MEMORY=1     leaves out the million znodes
#   ZNODES=1000000    how many
#   GENERATOR=FILE    an executable called as `FILE HOST:PORT OPERATION SERVER_PID SECONDS`, run as well as `coordps bench`; it prints a
#                     JSON object with ops_per_s, p99_us and server_cpu_us_per_op
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
rounds=${1:-5} seconds=${2:-3}
coordps=$PWD/out/bin/coordps
. tests/interop/apache.sh
if [ -n "$APACHE_MISSING" ]; then
    echo "bench-compare: $APACHE_MISSING" >&2
    exit 1
fi

[ -x "$coordps" ] || { echo "bench-compare: out/bin/coordps is missing; run build/build.sh" >&2; exit 1; }
work=$(mktemp -d)
declare -A pid port
stop() { # NAME
    [ -n "${pid[$1]:-}" ] || return 0
    kill "${pid[$1]}" 2>/dev/null || true
    wait "${pid[$1]}" 2>/dev/null || true
    pid[$1]=
}
cleanup() {
    stop ours
    stop apache
    rm -rf "$work"
}
trap cleanup EXIT

start() { # NAME    on fresh data; prints the seconds to the first answered request
    local name=$1 folder=$work/$1 command=("$coordps" server)
    [ "$name" = apache ] && command=(bash tests/interop/apache-server.sh)
    rm -rf "$folder"
    mkdir -p "$folder"
    port[$name]=$(python3 tests/interop/free_port.py)
    cat >"$folder/zoo.cfg" <<CFG
tickTime=2000
dataDir=$folder/data
clientPort=${port[$name]}
clientPortAddress=127.0.0.1
maxClientCnxns=0
admin.enableServer=false
CFG
    local from
    from=$(date +%s%N)
    # The heap that zkServer.sh gives Apache by default.
    JVMFLAGS=${JVMFLAGS:--Xmx1000m} "${command[@]}" "$folder/zoo.cfg" >"$folder/log" 2>&1 &
    pid[$name]=$!
    if ! python3 build/first_answer.py "${port[$name]}" "$from" >"$folder/started"; then
        tail "$folder/log" >&2
        exit 1
    fi
}

measure() { # NAME OPERATION OPTIONS...
    local name=$1 operation=$2
    shift 2
    "$coordps" bench "127.0.0.1:${port[$name]}" --operations "$operation" --server-pid "${pid[$name]}" --label "$name" --json "$@" >>"$work/results.jsonl" ||
        echo "bench-compare: $operation on $name had errors" >&2
    if [ -n "${GENERATOR:-}" ]; then
        "$GENERATOR" "127.0.0.1:${port[$name]}" "$operation" "${pid[$name]}" "$seconds" |
            sed "s/^{/{\"label\":\"$name\",\"generator\":\"$(basename "$GENERATOR")\",\"op\":\"$operation\",/" >>"$work/results.jsonl"
    fi
}

for _ in $(seq "$rounds"); do
    for name in apache ours; do
        start $name
        echo "{\"label\":\"$name\",\"op\":\"start\",\"seconds\":$(cat "$work/$name/started")}" >>"$work/results.jsonl"
        stop $name
    done
done
echo "start: done" >&2

start apache
start ours
for name in apache ours; do
    # Both compilers need load before they give what they can.
    "$coordps" bench "127.0.0.1:${port[$name]}" --operations create,set,get,exists --warmup 1 --duration 5 --json >/dev/null
done
for round in $(seq "$rounds"); do
    for operation in create set get exists mixed; do
        for name in apache ours; do
            measure $name $operation --sessions 8 --window 64 --payload 100 --warmup 1 --duration "$seconds"
        done
    done
    for name in apache ours; do
        measure $name set --sessions 1 --window 1 --payload 100 --warmup 0.5 --duration "$seconds"
        measure $name watch --watchers 100 --rounds 15
        measure $name connect --sessions 8 --warmup 0.5 --duration "$seconds"
    done
    echo "round $round of $rounds: done" >&2
done
stop apache
stop ours

if [ -z "${SKIP_MEMORY:-}" ]; then
    for name in apache ours; do
        start $name
        measure $name load --count "${ZNODES:-1000000}" --payload 100 --keep
        stop $name
        echo "memory of $name: done" >&2
    done
fi

python3 build/bench_table.py "$work/results.jsonl"
