#!/usr/bin/env bash
# Runs one fuzz target for some seconds; without a target, lists them.
set -euo pipefail

target=${1:-} seconds=${2:-60}
cd "$(dirname "$0")/.."

if [ -z "$target" ]; then
    for file in fuzz/fuzz_targets/*.rs; do
        printf '%-17s %s\n' "$(basename "$file" .rs)" "$(sed -n '1s,^//! ,,p' "$file")"
    done
    exit
fi
if [ ! -f "fuzz/fuzz_targets/$target.rs" ]; then
    echo "fuzz: there is no target $target; \`make fuzz\` lists them" >&2
    exit 2
fi
if ! cargo +nightly --version >/dev/null 2>&1; then
    echo "fuzz: no nightly compiler; install it: rustup toolchain install nightly --profile minimal" >&2
    exit 1
fi
if ! cargo +nightly fuzz --version >/dev/null 2>&1; then
    echo "fuzz: no cargo-fuzz; install it: cargo install cargo-fuzz --locked" >&2
    exit 1
fi
exec cargo +nightly fuzz run "$target" -- -max_total_time="$seconds" -max_len=4096 -timeout=10
