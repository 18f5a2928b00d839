# Sourced by the other scripts: makes .venv (or $venv) from a lock file, once.
# usage: make_environment LOCK_FILE   (relative to the project's root; sets $python)

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 2
}

find_python() {
  for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11 python; do
    [ -n "$candidate" ] || continue
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
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

# Debian and Ubuntu split pip off: their Python makes a folder without pip, or none at all.
no_pip() {
  fail "$1 cannot make an environment with pip; install its module, as in 'apt install python3-venv' (Debian, Ubuntu), or name another Python: PYTHON=/path/to/python3 $0"
}

make_environment() {
  lock=$1
  base=$(find_python) || fail "Python 3.11 or newer was not found; install it, or name it: PYTHON=/path/to/python3 $0"
  venv=${venv:-.venv}
  python=$PWD/$venv/bin/python
  stamp=$venv/complete-$(basename "$lock")
  wanted=$(stamp_of "$lock" "$base")
  if [ -x "$python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
    return 0
  fi
  if ! "$python" -m pip --version >/dev/null 2>&1; then
    "$base" -c 'import venv, ensurepip' >/dev/null 2>&1 || no_pip "$base"
    "$base" -m venv --clear "$venv" >&2 || no_pip "$base"
    "$python" -m pip --version >/dev/null 2>&1 || no_pip "$base"
  fi
  printf 'Making the environment in %s from %s (once; one to three minutes) ...\n' "$venv" "$lock" >&2
  # --no-deps: the lock is whole, and pip must not look for versions that came after it
  "$python" -m pip install -qq --disable-pip-version-check --require-hashes --no-deps --requirement "$lock" >&2 ||
    fail "the packages could not be installed; is the package index reachable? (offline: pip's --find-links or PIP_FIND_LINKS with a folder of wheels)"
  "$python" -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable . >&2 ||
    fail "the project itself could not be installed into $venv"
  printf '%s\n' "$wanted" >"$stamp"
}
