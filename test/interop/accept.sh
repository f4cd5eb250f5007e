#!/usr/bin/env bash
# Runs the acceptance kit against this project's own server, with real SDKs.
#
#   accept.sh KIT_FOLDER [SDK_VERSION…]
#
# The kit (accept.py) is not part of this repository; without it the script says so.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

kit=${1:-}
[ -n "$kit" ] || { echo "usage: accept.sh KIT_FOLDER [SDK_VERSION…]" >&2; exit 2; }
[ -f "$kit/accept.py" ] || missing "accept.py in $kit"
shift
port=${PORT:-8766}
versions=${*:-0.25.0 0.38.0}
failed=0
mkdir -p "$here/results"

for version in $versions; do
  sdk_venv "$version"
  "$here/our-server.sh" start "$port"
  log="$here/results/accept-sdk-$version.log"
  {
    echo "# acceptance kit, tinker $version, $("$venv/bin/python" --version), node $(node --version)"
    echo "# $(date -u +%Y-%m-%dT%H:%MZ), commit $(git -C "$root" rev-parse --short HEAD)"
  } >"$log"
  TINKER_API_KEY=tml-local "$venv/bin/python" "$kit/accept.py" "http://127.0.0.1:$port" \
    --tok "$root/models/arith-base" --vocab 184 --maxctx 512 \
    --restart-cmd "'$here/our-server.sh' restart $port" 2>&1 | tee -a "$log"
  [ "${PIPESTATUS[0]}" = 0 ] || failed=1
  "$here/our-server.sh" stop "$port"
done
exit $failed
