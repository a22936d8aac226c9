#!/bin/sh
# Make `.venv` from the hash-pinned lock, and see that the system tools are there.
#
# Runs before every make target.  The stamp is named after the lock's digest, so a second run costs
# one hash and one file test.  Knows nothing of gates, the compiler or the tests.  To need a further
# system tool, add a line to `tools` below: command, Debian package, required or optional.
set -eu
cd "$(dirname "$0")/.."

lock=requirements.txt
venv=${ZERO_VENV:-.venv}

# command   package      need
tools='
cc          gcc          required
make        make         required
ar          binutils     required
valgrind    valgrind     optional
'

fail() { # message, help
    echo "tools/setup.sh:1:1: error[ENVIRONMENT]: $1" >&2
    echo "help: $2" >&2
    exit 6
}

[ -f "$lock" ] || fail "$lock is missing" "restore it with: git checkout -- $lock"
digest=$(sha256sum "$lock" | cut -c1-16)
stamp=$venv/.ready-$digest

can_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; }

apt_updated=no
install_packages() { # names; quiet, and never asks
    if [ "$apt_updated" = no ]; then
        apt-get update -qq >/dev/null 2>&1 || true
        apt_updated=yes
    fi
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1
}

check_tools() {
    missing=
    optional=
    while read -r command package need; do
        [ -n "$command" ] || continue
        command -v "$command" >/dev/null 2>&1 && continue
        if [ "$need" = required ]; then missing="$missing $package"; else optional="$optional $package"; fi
    done <<END
$tools
END
    if [ -n "$missing$optional" ] && can_install; then
        echo "installing$missing$optional with apt-get"
        # shellcheck disable=SC2086  # a list of package names, one word each
        install_packages $missing $optional && return 0
    fi
    [ -z "$missing" ] || fail "missing system tools:$missing" "run: sudo apt-get install -y$missing"
    # Its checks will be `unmeasured`, and the report says so; that is no reason to stop here.
    [ -z "$optional" ] || echo "note: without$optional exact counts stay unmeasured; run: sudo apt-get install -y$optional" >&2
}

# Prints the real interpreter behind a name, if it can make a virtual environment and compile
# extensions.  Asking for sys.executable looks through version-manager shims, which cost 85 ms a start.
usable_python() {
    "$1" -c '
import sys
assert sys.version_info >= (3, 11)
import ensurepip, os, sysconfig, venv
assert os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h"))
print(os.path.realpath(sys.executable) if sys.prefix == sys.base_prefix else sys.base_exec_prefix + "/bin/python3")
' 2>/dev/null
}

find_python() {
    for name in ${PYTHON:-} python3 /usr/bin/python3 python3.14 python3.13 python3.12 python3.11; do
        if found=$(usable_python "$name") && [ -n "$found" ]; then
            echo "$found"
            return 0
        fi
    done
    return 1
}

make_venv() {
    if ! "$venv/bin/python" -c 'import sys, pip; assert sys.version_info >= (3, 11)' 2>/dev/null; then
        if ! python=$(find_python); then
            can_install && install_packages python3 python3-venv python3-dev || true
            python=$(find_python) || fail "no python3 of at least 3.11 with venv and headers" \
                "run: sudo apt-get install -y python3 python3-venv python3-dev"
        fi
        echo "making $venv with $python"
        "$python" -m venv --clear "$venv" || fail "could not make $venv" "is the folder writable, and the disk not full?"
    fi
    echo "installing the locked packages"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
        --require-hashes -r "$lock" || fail "pip could not install $lock" "is a package index reachable, and the disk not full?"
    rm -f "$venv"/.ready-*
    : >"$stamp"
}

[ -f "$stamp" ] && [ -x "$venv/bin/python" ] && exit 0
check_tools
if command -v flock >/dev/null 2>&1 && [ -z "${ZERO_SETUP_LOCKED:-}" ]; then
    # Two makes at once must not write one environment.
    ZERO_SETUP_LOCKED=1 exec flock "$lock" "$0"
fi
[ -f "$stamp" ] || make_venv
