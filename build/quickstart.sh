#!/usr/bin/env bash
# usage: build/quickstart.sh
# Builds, then shows a server, a session and znodes: in PowerShell, or, where there is none, through `coordps quickstart`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build/build.sh

run() { exec "$@" -NoLogo -NoProfile -File build/quickstart.ps1 -NoBuild; }

if command -v pwsh >/dev/null; then
    run pwsh
elif dotnet tool restore >/dev/null 2>&1; then
    run dotnet tool run pwsh --
fi

echo "pwsh is neither on the PATH nor to be had as a dotnet tool here; the same through 'coordps quickstart':"
exec out/bin/coordps quickstart
