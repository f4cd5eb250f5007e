#!/usr/bin/env bash
# Runs the programs of this folder with real SDKs against this project's own server
# and keeps each result in results/.
#
#   sdk.sh [SDK_VERSION…]        0.25.0 and 0.38.0 unless named
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

port=${PORT:-8765}
versions=${*:-0.25.0 0.38.0}
failed=0
mkdir -p "$here/results"

for version in $versions; do
  sdk_venv "$version"
  "$here/our-server.sh" start "$port"
  for program in sft rl; do
    echo "== $program with tinker $version"
    "$venv/bin/python" "$here/$program.py" "http://127.0.0.1:$port" \
      --json "$here/results/$program-sdk-$version.json" || failed=1
  done
  "$here/our-server.sh" stop "$port"
done
exit $failed
