#!/usr/bin/env bash
# usage: tests/services/apache-image.sh TAG
# Builds an image of Debian's Apache ZooKeeper with the environment variables of the official image, which can't be pulled where there is no
# network: for tests of what CoordPS does with such images. It is Apache's server and jars; the entry point stands in for the official one.
set -euo pipefail
tag=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../interop/apache.sh"
[ -z "$APACHE_MISSING" ] || { echo "apache-image: $APACHE_MISSING" >&2; exit 1; }
command -v jlink >/dev/null || { echo "apache-image: jlink is missing; apt-get install default-jdk-headless" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/root/opt/jars" "$work/own"/{conf,data,datalog,logs}
jlink --add-modules java.base,java.logging,java.management,java.naming,java.desktop,java.security.jgss,java.security.sasl,java.xml,jdk.unsupported \
    --strip-debug --no-header-files --no-man-pages --output "$work/root/opt/java"
find "$work/root/opt/java" -type f \( -name '*.so' -o -name java \) -exec ldd {} + 2>/dev/null | grep -oE '/[^ ]+\.so[^ ]*' | grep -v "^$work" | sort -u |
    while read -r library; do install -D "$(realpath "$library")" "$work/root$library"; done
copy_jar() { # JAR: and those that its manifest names
    local name
    [ -e "$1" ] && [ ! -e "$work/root/opt/jars/$(basename "$1")" ] || return 0
    cp -L "$1" "$work/root/opt/jars/"
    for name in $(unzip -p "$1" META-INF/MANIFEST.MF | tr -d '\r' | sed -e ':a' -e 'N' -e '$!ba' -e 's/\n //g' | sed -n 's/^Class-Path: //p'); do
        copy_jar "$(dirname "$1")/$(basename "$name")"
    done
}
for jar in $(tr ':' '\n' <<<"$APACHE_CLASSPATH" | grep '\.jar$'); do copy_jar "$jar"; done
cp "$here/../interop/log4j.properties" "$work/root/opt/"
cat >"$work/root/entrypoint.sh" <<'SH'
#!/bin/sh
set -e
config=$ZOO_CONF_DIR/zoo.cfg
if [ ! -f "$config" ]; then
    {
        echo "dataDir=$ZOO_DATA_DIR"
        echo "dataLogDir=$ZOO_DATA_LOG_DIR"
        echo "tickTime=${ZOO_TICK_TIME:-2000}"
        echo "initLimit=${ZOO_INIT_LIMIT:-5}"
        echo "syncLimit=${ZOO_SYNC_LIMIT:-2}"
        echo "maxClientCnxns=${ZOO_MAX_CLIENT_CNXNS:-60}"
        echo "standaloneEnabled=${ZOO_STANDALONE_ENABLED:-true}"
        echo "admin.enableServer=${ZOO_ADMINSERVER_ENABLED:-true}"
        for line in ${ZOO_SERVERS:-server.1=localhost:2888:3888;2181}; do echo "$line"; done
        [ -z "$ZOO_4LW_COMMANDS_WHITELIST" ] || echo "4lw.commands.whitelist=$ZOO_4LW_COMMANDS_WHITELIST"
        set -f
        for line in $ZOO_CFG_EXTRA; do echo "$line"; done
    } >"$config"
fi
[ -f "$ZOO_DATA_DIR/myid" ] || echo "${ZOO_MY_ID:-1}" >"$ZOO_DATA_DIR/myid"
exec /opt/java/bin/java -Xmx256m -cp '/opt:/opt/jars/*' org.apache.zookeeper.server.quorum.QuorumPeerMain "$config"
SH
chmod +x "$work/root/entrypoint.sh"
cat >"$work/Dockerfile" <<DOCKERFILE
FROM ${COORDPS_TEST_REGISTRY:-127.0.0.1:5000}/busybox:1
COPY root /
COPY --chown=1000:1000 own /
ENV ZOO_CONF_DIR=/conf ZOO_DATA_DIR=/data ZOO_DATA_LOG_DIR=/datalog ZOO_LOG_DIR=/logs
USER 1000:1000
VOLUME ["/data", "/datalog", "/logs"]
EXPOSE 2181 2888 3888 8080
ENTRYPOINT ["/entrypoint.sh"]
DOCKERFILE
docker build -q -t "$tag" "$work"
