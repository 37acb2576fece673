#!/bin/sh
# Resolve requirements/*.txt from pyproject.toml: exact versions with hashes, for every platform, naming no index.
#
#   UV=/path/to/uv       the resolver, if it is not on the PATH
#   sh tools/lock.sh --upgrade     take newer releases too; without it, what is locked stays where it can
set -eu

cd "$(dirname "$0")/.."

lock() {
    output=$1
    shift
    "${UV:-uv}" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
        --custom-compile-command "make lock" --output-file "$output" pyproject.toml --all-extras "$@"
}

lock requirements/runtime.txt "$@"
lock requirements/dev.txt --group dev --constraints requirements/runtime.txt "$@"
