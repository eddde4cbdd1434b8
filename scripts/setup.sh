#!/usr/bin/env bash
# Makes .venv hold what one level needs: scripts/setup.sh run|test|dev
# Versions and hashes come from requirements/LEVEL.txt. A finished level leaves a stamp that holds
# the checksum of what it was made from, so that doing it again takes no time.
set -euo pipefail
cd "$(dirname "$0")/.."
level=${1:?usage: scripts/setup.sh run|test|dev}
venv=.venv
lock=requirements/$level.txt
stamp=$venv/.ready-$level

say() { printf '%s\n' "== $*"; }
die() { printf '%s\n' "$*" >&2; exit 1; }

is_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
  local name
  for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
    if command -v "$name" >/dev/null && is_enough "$name"; then command -v "$name"; return; fi
  done
  die "interlace needs Python 3.11 or newer, and ${PYTHON:-python3} is $(seen "${PYTHON:-python3}"): install the Debian package python3 of Debian 12 or newer (apt-get install python3 python3-venv)."
}

seen() { command -v "$1" >/dev/null || { echo missing; return; }; "$1" --version 2>&1 || echo broken; }

make_venv() {
  local python
  python=$(find_python) || exit 1
  "$python" -c 'import venv, ensurepip' 2>/dev/null ||
    die "$python has no venv module: install the Debian package $("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])') (or python3-venv)."
  say "making $venv with $("$python" --version)"
  "$python" -m venv --clear "$venv"
}

checksum() { { pwd; cat "$lock" pyproject.toml; "$venv/bin/python" --version; } | cksum; }

if ! { [ -x "$venv/bin/python" ] && is_enough "$venv/bin/python" && "$venv/bin/python" -m pip --version >/dev/null 2>&1; }; then
  make_venv
fi
[ "$(cat "$stamp" 2>/dev/null)" = "$(checksum)" ] && [ -x "$venv/bin/interlace" ] && exit 0

say "installing $(grep -c '^[a-z]' "$lock") pinned packages ($lock)"
pip() { "$venv/bin/python" -m pip --disable-pip-version-check --no-input "$@"; }
if [ -t 1 ]; then # a person is looking: pip draws its bars
  pip install --require-hashes -r "$lock"
else
  PYTHONUNBUFFERED=1 pip install --require-hashes -r "$lock" |
    sed '/^Requirement already satisfied/d; /^Ignoring /d; /^Looking in /d'
fi
say "installing interlace itself, from src/"
pip install --quiet --no-deps --no-build-isolation --editable .
checksum >"$stamp"
