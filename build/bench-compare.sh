#!/usr/bin/env bash
# usage: build/bench-compare.sh [ROUNDS=5] [SECONDS=3]
# Our server against Apache ZooKeeper in one run on this machine, both with fsync on; prints Markdown tables, the ratios first.
# Needs out/bin/coordps (build/build.sh) and Debian's zookeeper, a Java runtime and python3.
#   MEMBERS=3         ensembles of so many members each in place of single servers; CPU is that of all members (ensemble-compare.sh)
#   SKIP_MEMORY=1     leaves out the million znodes
#   ZNODES=1000000    how many
#   GENERATOR=FILE    an executable called as `FILE HOST:PORT[,...] OPERATION SERVER_PID[,...] SECONDS`, run as well as `coordps bench`; it prints a
#                     JSON object with ops_per_s, p99_us and server_cpu_us_per_op
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
rounds=${1:-5} seconds=${2:-3} members=${MEMBERS:-1}
coordps=$PWD/out/bin/coordps
. tests/interop/apache.sh
if [ -n "$APACHE_MISSING" ]; then
    echo "bench-compare: $APACHE_MISSING" >&2
    exit 1
fi

[ -x "$coordps" ] || { echo "bench-compare: out/bin/coordps is missing; run build/build.sh" >&2; exit 1; }
work=$(mktemp -d)
declare -A pids hosts
stop() { # NAME
    local pid
    for pid in ${pids[$1]:-}; do
        kill "$pid" 2>/dev/null || true
    done
    for pid in ${pids[$1]:-}; do
        wait "$pid" 2>/dev/null || true
    done
    pids[$1]=
}
cleanup() {
    stop ours
    stop apache
    rm -rf "$work"
}
trap cleanup EXIT

start() { # NAME    on fresh data, until all answer
    local name=$1 command=("$coordps" server) id folder port ports=() lines=() free
    [ "$name" = apache ] && command=(bash tests/interop/apache-server.sh)
    rm -rf "${work:?}/$name"
    hosts[$name]=
    pids[$name]=
    mapfile -t free < <(python3 tests/interop/free_port.py $((3 * members)))
    for id in $(seq "$members"); do
        ports+=("${free[id - 1]}")
        [ "$members" = 1 ] || lines+=("server.$id=127.0.0.1:${free[members + id - 1]}:${free[2 * members + id - 1]}")
    done
    for id in $(seq "$members"); do
        folder=$work/$name/$id
        port=${ports[id - 1]}
        mkdir -p "$folder/data"
        [ "$members" = 1 ] || echo "$id" >"$folder/data/myid"
        {
            printf '%s\n' tickTime=2000 initLimit=10 syncLimit=5 "dataDir=$folder/data" "clientPort=$port" clientPortAddress=127.0.0.1 \
                maxClientCnxns=0 admin.enableServer=false "${lines[@]}"
        } >"$folder/zoo.cfg"
        # The heap that zkServer.sh gives Apache by default.
        JVMFLAGS=${JVMFLAGS:--Xmx1000m} "${command[@]}" "$folder/zoo.cfg" >"$folder/log" 2>&1 &
        pids[$name]+=" $!"
        hosts[$name]+="${hosts[$name]:+,}127.0.0.1:$port"
    done
    for id in $(seq "$members"); do
        if ! python3 build/first_answer.py "${ports[id - 1]}"; then
            tail "$work/$name/$id/log" >&2
            exit 1
        fi
    done
}

measure() { # NAME OPERATION OPTIONS...
    local name=$1 operation=$2
    shift 2
    local pid_list=${pids[$name]# }
    pid_list=${pid_list// /,}
    "$coordps" bench "${hosts[$name]}" --operations "$operation" --server-pid "$pid_list" --label "$name" --json "$@" >>"$work/results.jsonl" ||
        echo "bench-compare: $operation on $name had errors" >&2
    if [ -n "${GENERATOR:-}" ]; then
        "$GENERATOR" "${hosts[$name]}" "$operation" "$pid_list" "$seconds" |
            sed "s/^{/{\"label\":\"$name\",\"generator\":\"$(basename "$GENERATOR")\",\"op\":\"$operation\",/" >>"$work/results.jsonl"
    fi
}

start apache
start ours
for name in apache ours; do
    # Both sides' compilers need load before they give what they can.
    "$coordps" bench "${hosts[$name]}" --operations create,set,get,exists --warmup 1 --duration 5 --json >/dev/null
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
if [ "$members" = 1 ]; then
    echo
    echo "Start to first answered request: $(python3 build/start-compare.py "$rounds")"
fi
