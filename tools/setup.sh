#!/bin/sh
# Make .venv/ in this clone: the locked packages, and the command .venv/bin/tollbook on this source.
#
# Needs a Python 3.11 or newer and pip 22.3 or newer, of any origin; not python3-venv, not root, not a home
# folder. Running it again is quick and harmless; runs at the same time wait for one another.
#
#   PYTHON=/path/to/python3   the interpreter to use instead of looking for one
set -eu

cd "$(dirname "$0")/.."
root=$(pwd)
venv=$root/.venv
lock=requirements/dev.txt
stamp=$venv/.installed

say() { printf 'setup: %s\n' "$*" >&2; }

new_enough() {
    command -v "$1" >/dev/null 2>&1 &&
        "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

has_pip() {
    "$1" -c 'import pip, sys; sys.exit(tuple(map(int, pip.__version__.split(".")[:2])) < (22, 3))' >/dev/null 2>&1
}

has_ensurepip() {
    "$1" -c 'import ensurepip; ensurepip.version()' >/dev/null 2>&1
}

# The oldest supported Python comes first, because it is the one that every installation must be able to use.
candidates() {
    printf '%s\n' python3.11 python3 /usr/local/bin/python3.11 /usr/bin/python3.11 /usr/bin/python3 \
        python3.12 python3.13 python3.14
    for found in "${HOME:-/nonexistent}"/.pyenv/versions/3.1[1-9]*/bin/python3; do
        [ ! -x "$found" ] || printf '%s\n' "$found"
    done
}

# Print the first interpreter that is new enough and can install packages.
find_python() {
    for candidate in ${PYTHON:-$(candidates)}; do
        if new_enough "$candidate" && { has_pip "$candidate" || has_ensurepip "$candidate"; }; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

install_debian_packages() {
    [ "$(id -u)" -eq 0 ] && [ -z "${PYTHON:-}" ] && command -v apt-get >/dev/null 2>&1 || return 1
    say "no Python 3.11 with pip here; installing python3 and python3-pip with apt-get"
    apt-get update -q >&2 && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
        python3 python3-pip >&2
}

# Install into the environment with the pip that made it; --python keeps a distribution's own packages untouched.
pip_install() {
    if has_pip "$python"; then
        "$python" -m pip --python "$venv/bin/python" --disable-pip-version-check -qq install "$@"
    else
        "$venv/bin/python" -m pip --disable-pip-version-check -qq install "$@"
    fi
}

# True for an environment that works and was made here: its scripts name its folder, so a moved one is of no use.
usable() {
    [ "$(cat "$venv/.made-in" 2>/dev/null)" = "$root" ] &&
        "$venv/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

make_venv() {
    ! usable || return 0
    rm -rf "$venv"
    if has_pip "$python"; then
        "$python" -m venv --without-pip "$venv"
    else
        "$python" -m venv "$venv"
    fi
    printf '%s\n' "$root" >"$venv/.made-in"
}

# Everything that decides what is installed, as one number.
wanted() {
    cat "$lock" pyproject.toml tools/setup.sh | cksum
}

up_to_date() {
    [ -x "$venv/bin/tollbook" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$(wanted)" ] && usable
}

install() {
    ! up_to_date || return 0
    python=$(find_python) || { install_debian_packages && python=$(find_python); } || {
        say "found no Python 3.11 or newer with pip 22.3 or newer."
        say "Debian or Ubuntu: apt-get install python3 python3-pip. Elsewhere: name one, PYTHON=/path/to/python3 make setup."
        exit 1
    }
    say "making .venv with $("$python" --version) ($python)"
    make_venv
    wanted >"$venv/.wanted" # written first, so that a lock file changed meanwhile is seen next time
    pip_install --require-hashes -r "$lock"
    pip_install --no-build-isolation --no-deps --editable .
    mv "$venv/.wanted" "$stamp"
}

if command -v flock >/dev/null 2>&1; then
    # The folder itself is the lock: nothing to clean up, and it holds for every clone apart.
    exec 9<"$root"
    flock 9
fi
install
