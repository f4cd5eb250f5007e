# Shared by the scripts of this folder; sourced, never run by itself.
# INTEROP_CACHE is the folder for environments, sources, data and logs.
set -eu

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
cache=${INTEROP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/rzero-interop}
mkdir -p "$cache"

# Ends the script with a reason that can be acted on. Exit status 3 = something is missing.
missing() {
  echo "interop: missing: $1" >&2
  exit 3
}

# Prints a Python of at least the given minor version of 3, or ends the script.
python_of() {
  local wanted=$1 candidate
  for candidate in ${PYTHON:-} "python3.$wanted" python3.12 python3.11 python3; do
    if command -v "$candidate" >/dev/null 2>&1 &&
      "$candidate" -c "import sys; sys.exit(sys.version_info < (3, $wanted))" 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  missing "Python 3.$wanted or newer (install it, or name one in PYTHON)"
}

# Makes a virtual environment once, with uv inside: venv_at FOLDER MINOR_VERSION.
venv_at() {
  local folder=$1 python
  if [ ! -x "$folder/bin/uv" ]; then
    python=$(python_of "$2")
    "$python" -m venv "$folder" || missing "the venv module of $python"
    "$folder/bin/python" -m pip install --quiet --upgrade pip uv ||
      missing "a package registry that pip can reach"
  fi
}

# Installs packages into an environment unless the same list was installed before.
install_into() {
  local folder=$1 stamp
  shift
  stamp="$folder/installed.txt"
  if [ "$(cat "$stamp" 2>/dev/null)" != "$*" ]; then
    UV_HTTP_TIMEOUT=${UV_HTTP_TIMEOUT:-600} "$folder/bin/uv" pip install --quiet \
      --python "$folder/bin/python" "$@" || missing "a registry that has: $*"
    printf '%s' "$*" >"$stamp"
  fi
}

# Gets one commit of a public repository: source_at FOLDER URL COMMIT.
source_at() {
  local folder=$1 url=$2 commit=$3
  if [ ! -d "$folder/.git" ]; then
    command -v git >/dev/null 2>&1 || missing "git"
    git init --quiet "$folder"
    git -C "$folder" fetch --quiet --depth 1 "$url" "$commit" ||
      { rm -rf "$folder"; missing "$url at $commit (clone it, and name the folder)"; }
    git -C "$folder" checkout --quiet FETCH_HEAD
  fi
  [ "$(git -C "$folder" rev-parse HEAD)" = "$commit" ] ||
    echo "interop: note: $folder is not at $commit" >&2
}

# Waits until a URL answers or the process ends: wait_for URL PID LOG SECONDS.
wait_for() {
  local url=$1 pid=$2 log=$3 left=$4
  until curl --silent --fail --max-time 2 "$url" >/dev/null 2>&1; do
    if ! kill -0 "$pid" 2>/dev/null || [ "$left" -le 0 ]; then
      echo "interop: the server did not come up; the end of $log:" >&2
      tail -n 20 "$log" >&2
      exit 1
    fi
    sleep 1
    left=$((left - 1))
  done
}

# Sets `venv` to an environment with one version of the SDK, and makes it where it is missing.
sdk_venv() {
  venv=$cache/sdk-$1
  venv_at "$venv" 11
  install_into "$venv" "tinker==$1" tokenizers numpy httpx
}
