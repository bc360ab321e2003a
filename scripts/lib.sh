# Functions that the scripts share. Source it; it changes to the project's root folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime

say() { printf '\033[1m== %s\033[0m\n' "$*" >&2; }
fail() {
  printf 'error: %s\n' "$*" >&2
  exit 3
}

# watched NAME COMMAND…: runs the command with its output in build/logs/NAME.log, and shows every few seconds how
# long it has taken and its newest line; on failure the log's end.
watched() {
  local name=$1 log=build/logs/$1.log start=$SECONDS pid status=0 last=
  shift
  mkdir -p build/logs
  "$@" >"$log" 2>&1 &
  pid=$!
  trap 'kill "$pid" 2>/dev/null || true' INT TERM
  while kill -0 "$pid" 2>/dev/null; do
    for _ in 1 2 3 4 5 6 7 8 9 10; do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.5
    done
    kill -0 "$pid" 2>/dev/null || break
    last=$(tail -c 400 "$log" | tr '\r' '\n' | grep -v '^ *$' | tail -n 1 | cut -c1-110 || true)
    printf '   %4d s  %s\n' $((SECONDS - start)) "$last" >&2
  done
  wait "$pid" || status=$?
  trap - INT TERM
  if [ "$status" -ne 0 ]; then
    tail -n 60 "$log" >&2
    fail "$name failed (exit $status); the whole log: $log"
  fi
}

# The names of packages in FILE… that are not installed.
missing_packages() {
  local wanted
  wanted=$(grep -hv '^#' "$@")
  # shellcheck disable=SC2086
  comm -23 <(printf '%s\n' $wanted | sort -u) \
    <(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' $wanted 2>/dev/null | sed -n 's/^ii  *//p' | sort -u)
}

# ensure_packages FILE…: installs what is missing; without apt or the right to use it, prints what is needed.
ensure_packages() {
  local missing as_root=
  if ! command -v apt-get >/dev/null; then
    say "no apt here: going on with what is there. Needed, by their Debian names: $(grep -hv '^#' "$@" | xargs)"
    return
  fi
  missing=$(missing_packages "$@" | xargs)
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
      say "no right to install packages: going on without. As root: apt-get install -y $missing"
      return
    fi
    as_root="sudo -n"
  fi
  say "installing Debian packages: $missing"
  watched apt-update $as_root apt-get update
  # shellcheck disable=SC2086
  watched apt-install $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
}

# ensure_python FILE: a .venv with the pinned requirements; done again only when the file changes.
ensure_python() {
  local file=$1 stamp
  stamp=.venv/.installed-$(basename "$file")
  [ -x .venv/bin/python ] || { say "creating .venv" && python3 -m venv .venv; }
  if ! cat python/requirements*.txt | cmp -s - "$stamp"; then
    say "installing Python packages from $file"
    watched "pip-$(basename "$file" .txt)" .venv/bin/python -m pip install --progress-bar off -r "$file"
    cat python/requirements*.txt >"$stamp"
  fi
}

# build_preset PRESET [TARGET]: configures when needed and builds, showing ninja's progress.
build_preset() {
  local preset=$1 target=${2:-all} start=$SECONDS
  # CMake itself does not look at the presets again.
  if [ ! -f "build/$preset/build.ninja" ] || ! cmp -s CMakePresets.json "build/$preset/.presets"; then
    say "configuring build/$preset"
    watched "configure-$preset" cmake --preset "$preset"
    cp CMakePresets.json "build/$preset/.presets"
  fi
  # Nothing to do is the common case, and the quickest to find out.
  if ! ninja -C "build/$preset" -n "$target" 2>/dev/null | grep -q 'no work to do'; then
    say "building build/$preset"
    watched "build-$preset" ninja -C "build/$preset" -j "${VIDBENCH_JOBS:-$(nproc)}" "$target"
    say "built in $((SECONDS - start)) s"
  fi
}
