#!/usr/bin/env bash
# Starts, kills and restarts this project's own server for the programs of this folder.
#
#   our-server.sh start|restart|stop [PORT]
#
# `restart` is kill -9 and a new start on the same checkpoints, as a crash is.
# MODEL_FOLDER names the model; the build in dist/ is used.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

action=${1:-start}
port=${2:-8765}
model=$(cd "${MODEL_FOLDER:-$root/models/arith-base}" && pwd)
home=$cache/our-server-$port
log=$home/server.log
pidfile=$home/pid

command -v node >/dev/null 2>&1 || missing "Node"
[ -f "$root/dist/cli/main.js" ] || missing "the build (npm run build)"

end() {
  if [ -f "$pidfile" ]; then
    kill "-$1" "$(cat "$pidfile")" 2>/dev/null || true
    while kill -0 "$(cat "$pidfile")" 2>/dev/null; do sleep 0.2; done
    rm -f "$pidfile"
  fi
}

begin() {
  mkdir -p "$home"
  nohup node "$root/dist/cli/main.js" serve --tinker --model "$model" --port "$port" \
    --checkpoints "$home/checkpoints" >>"$log" 2>&1 &
  echo $! >"$pidfile"
  wait_for "http://127.0.0.1:$port/api/v1/healthz" "$(cat "$pidfile")" "$log" 60
}

case $action in
  start) end TERM; rm -rf "$home"; begin ;;
  restart) end KILL; begin ;;
  stop) end TERM ;;
  *) echo "usage: our-server.sh start|restart|stop [PORT]" >&2; exit 2 ;;
esac
