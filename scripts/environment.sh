# Sourced by scripts/study and scripts/test: makes .venv from a lock file, once.
# usage: make_environment LOCK_FILE   (relative to the project's root; sets $python)

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 2
}

find_python() {
  for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11 python; do
    [ -n "$candidate" ] || continue
    if "$candidate" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
      printf '%s\n' "$candidate"
      return 0
    fi
  done
  return 1
}

# The environment is complete for a lock when this file names the lock's and pyproject.toml's bytes.
stamp_of() {
  cat "$1" pyproject.toml | "$2" -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())'
}

make_environment() {
  lock=$1
  base=$(find_python) || fail "Python 3.11 or newer (with the venv module) was not found; install it, or name it: PYTHON=/path/to/python3 $0"
  python=$PWD/.venv/bin/python
  stamp=.venv/complete-$(basename "$lock")
  wanted=$(stamp_of "$lock" "$base")
  if [ -x "$python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
    return 0
  fi
  if ! "$python" -c '' >/dev/null 2>&1; then
    "$base" -m venv --clear .venv || fail "could not make .venv with $base"
  fi
  printf 'Making the environment in .venv from %s (once; one to three minutes) ...\n' "$lock" >&2
  "$python" -m pip install -qq --disable-pip-version-check --require-hashes --requirement "$lock" >&2 ||
    fail "the packages could not be installed; is the package index reachable? (offline: pip's --find-links or PIP_FIND_LINKS with a folder of wheels)"
  "$python" -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable . >&2 ||
    fail "the project itself could not be installed into .venv"
  printf '%s\n' "$wanted" >"$stamp"
}
