#!/usr/bin/env bash
# usage: build/image.sh [TAG=coordps:dev] [--base IMAGE] [--push]
# Builds the image of a ZooKeeper member: coordps with its own .NET runtime, on IMAGE, which needs glibc, libstdc++ and libssl. Without
# --base the base is made of Debian's packages of these and base-files, as apt has them; nothing is pulled from a registry.
# The engine is the one that docker uses (DOCKER_HOST, docker context). The last line is the image's id.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tag='' base='' push=''
while [ $# -gt 0 ]; do
    case $1 in
        --base) base=$2; shift ;;
        --push) push=1 ;;
        -*) echo "image: unknown option $1" >&2; exit 2 ;;
        *) tag=$1 ;;
    esac
    shift
done
tag=${tag:-coordps:dev}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
say() { echo "image: $*" >&2; }
for tool in docker dotnet; do
    command -v $tool >/dev/null || { say "$tool is missing"; exit 1; }
done

case $(uname -m) in
    x86_64) rid=linux-x64 ;;
    aarch64) rid=linux-arm64 ;;
    *) say "no .NET runtime is known for $(uname -m)"; exit 1 ;;
esac
mkdir -p "$work/context/root"/{conf,data,datalog,logs}
# Without cultures and with what nothing refers to left out it is a third of the size.
dotnet publish src/CoordPS.Cli -c Release -r $rid --self-contained -p:PublishReadyToRun=true -p:InvariantGlobalization=true \
    -p:PublishTrimmed=true -p:TrimMode=partial -p:DebugType=none -o "$work/context/bin" -nologo -v quiet >&2

if [ -z "$base" ]; then
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || { say "without apt there is nothing to make a base of: give --base IMAGE"; exit 1; }
    mkdir "$work/packages" "$work/base"
    ssl=$(apt-cache pkgnames libssl3 | grep -xE 'libssl3(t64)?' | sort | tail -1)
    (cd "$work/packages" && apt-get -qq -o APT::Sandbox::User= download base-files libc6 libgcc-s1 libstdc++6 "${ssl:-libssl3}") >&2 ||
        { say "the base's packages can't be downloaded: run apt-get update, or give --base IMAGE"; exit 1; }
    for package in "$work"/packages/*.deb; do
        dpkg-deb -x "$package" "$work/base"
    done
    # What a server has no use for: other locales' conversions, documentation, the debugger's helpers.
    rm -rf "$work"/base/usr/share/{doc,lintian,gdb,man,info,locale} "$work"/base/{usr/,}lib/*/{gconv,audit,engines-3,ossl-modules}
    printf 'root:x:0:0:root:/root:/sbin/nologin\nzookeeper:x:1000:1000:ZooKeeper:/data:/sbin/nologin\n' >"$work/base/etc/passwd"
    printf 'root:x:0:\nzookeeper:x:1000:\n' >"$work/base/etc/group"
    printf 'hosts: files dns\n' >"$work/base/etc/nsswitch.conf"
    base=${tag%:*}-base:local
    tar -C "$work/base" --sort=name --owner=0 --group=0 -c . | docker import - "$base" >/dev/null
fi

docker build -q --network host --build-arg BASE="$base" -f build/image/Dockerfile -t "$tag" "$work/context" >"$work/id"
[ -z "$push" ] || docker push -q "$tag" >&2
cat "$work/id"
