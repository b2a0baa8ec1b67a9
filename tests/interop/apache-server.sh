#!/usr/bin/env bash
# usage: apache-server.sh ZOO.CFG    runs Apache's server in the foreground, as `coordps server ZOO.CFG` runs ours
. "$(dirname "${BASH_SOURCE[0]}")/apache.sh"
[ -n "$APACHE_MISSING" ] && { echo "$APACHE_MISSING" >&2; exit 1; }
apache_server "$1"
