#!/usr/bin/env bash
# usage: run.sh COORDPS     runs zkCli.sh and a program on Apache's Java client on `COORDPS server` and on Apache ZooKeeper
# The last line is 'java: N passed, N failed, N skipped'. Debian: apt-get install default-jdk-headless zookeeper
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
coordps=$(realpath "$1")
. "$here/../apache.sh"
missing=$APACHE_MISSING
[ -n "$missing" ] || [ -x /usr/bin/python3 ] || missing="python3 is missing: apt-get install python3"
[ -n "$missing" ] || command -v javac >/dev/null || missing="javac is missing: apt-get install default-jdk-headless"
if [ -n "$missing" ]; then
    echo "The Java clients are skipped; $missing"
    echo "java: 0 passed, 0 failed, 2 skipped"
    exit 0
fi

work=$(mktemp -d)
pids=()
stop() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done
    wait
    rm -rf "$work"
}
trap stop EXIT

start() { # NAME PORT COMMAND...
    local name=$1 port=$2
    shift 2
    mkdir -p "$work/$name"
    cat >"$work/$name/zoo.cfg" <<CFG
tickTime=2000
dataDir=$work/$name/data
clientPort=$port
clientPortAddress=127.0.0.1
admin.enableServer=false
extendedTypesEnabled=true
CFG
    "$@" "$work/$name/zoo.cfg" >"$work/$name/log" 2>&1 &
    pids+=($!)
    for _ in $(seq 600); do
        kill -0 "${pids[-1]}" 2>/dev/null || break
        timeout 5 bash -c "exec 3<>/dev/tcp/127.0.0.1/$port && printf srvr >&3 && grep -q Mode <&3" 2>/dev/null && return 0
        sleep 0.1
    done
    echo "The server '$name' did not start:"
    tail -20 "$work/$name/log"
    return 1
}

zkcli() { # PORT    what zkCli.sh prints for a script, without what differs from server to server
    /usr/share/zookeeper/bin/zkCli.sh -server "127.0.0.1:$1" 2>/dev/null <<'SCRIPT' |
create /cli data
create -s /cli/s- one
create -e /cli/e two
get /cli
ls /cli
ls -R /cli
set /cli new
set -v 7 /cli conflict
get -s /cli/s-0000000000
ls -R /
stat /nothing
addauth digest user:secret
create /cli/private mine auth:user:secret:cdrwa
getAcl /cli/private
setquota -n 10 /cli
listquota /cli
delquota /cli
delete /cli
getAllChildrenNumber /cli
getEphemerals /cli
sync /cli
deleteall /cli
ls /
quit
SCRIPT
        # What the client says of its connection comes from another thread, between any two lines or, at the end, not at all.
        sed -E 's/127\.0\.0\.1:[0-9]+/SERVER/; s/^([cm]time =).*/\1/; /^(WATCHER::|WatchedEvent state:(SyncConnected|Closed) type:None path:null)?$/d'
}

ours=$(/usr/bin/python3 "$here/../free_port.py")
apache=$(/usr/bin/python3 "$here/../free_port.py")
start ours "$ours" "$coordps" server && start apache "$apache" bash "$here/../apache-server.sh" || { echo "java: 0 passed, 1 failed, 0 skipped"; exit 1; }

# First, while both trees are empty: the script lists the whole tree.
passed=0 failed=0
zkcli "$ours" >"$work/cli-ours" &
cli=$!
zkcli "$apache" >"$work/cli-apache"
wait $cli
if [ "$(wc -l <"$work/cli-apache")" -ge 20 ] && diff "$work/cli-apache" "$work/cli-ours"; then
    echo "passed: zkCli.sh prints the same for both servers ($(wc -l <"$work/cli-ours") lines)"
    passed=$((passed + 1))
else
    echo "FAILED: zkCli.sh prints something else for our server (>) than for Apache's (<)"
    failed=$((failed + 1))
fi

javac -nowarn -cp "$APACHE_CLASSPATH" -d "$work" "$here/InteropClient.java" 2>"$work/javac.log" || { cat "$work/javac.log"; echo "java: 0 passed, 1 failed, 0 skipped"; exit 1; }
for server in apache ours; do
    echo "A program on Apache's Java client, on $server:"
    java -cp "$work:$APACHE_CLASSPATH" InteropClient "127.0.0.1:${!server}" >"$work/client-$server" 2>"$work/client-$server.err"
    grep -v '^java: ' "$work/client-$server"
    counts=$(sed -nE 's/^java: ([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' "$work/client-$server")
    if [ -z "$counts" ]; then
        echo "it did not finish:"
        tail -20 "$work/client-$server.err"
        counts="0 1"
    fi
    passed=$((passed + ${counts% *})) failed=$((failed + ${counts#* }))
done

echo "java: $passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
