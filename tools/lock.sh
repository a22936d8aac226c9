#!/bin/sh
# Rewrite requirements.txt, with the hashes of every wheel, from requirements.in.
#
# The resolver is not one of the project's packages, so it lives in a throw-away environment.
set -eu
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"${ZERO_VENV:-.venv}/bin/python" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install --quiet --disable-pip-version-check pip-tools
# Written beside and renamed: an interrupted run leaves the old lock whole.
cp requirements.txt requirements.txt.new 2>/dev/null || true
"$scratch/venv/bin/python" -m piptools compile --quiet --generate-hashes --strip-extras --allow-unsafe \
    --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --output-file requirements.txt.new requirements.in
mv requirements.txt.new requirements.txt
