#!/usr/bin/env bash
# usage: build/build.sh [CONFIGURATION=Release]
# Leaves the module in out/CoordPS (Import-Module out/CoordPS) and the executable out/bin/coordps, both precompiled for this machine.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
configuration=${1:-Release}
if ! command -v dotnet >/dev/null; then
    echo "build: dotnet is missing; install the .NET 10 SDK" >&2
    exit 1
fi

publish() { # PROJECT FOLDER
    rm -rf "$2"
    dotnet publish "$1" -c "$configuration" --use-current-runtime --self-contained false -p:PublishReadyToRun=true -o "$2" -nologo -v quiet
    echo "built $2"
}

publish src/CoordPS.Cli out/bin
publish src/CoordPS.Cmdlets out/CoordPS
# The module brings the executable for members that run as processes.
cp -R out/bin out/CoordPS/bin
