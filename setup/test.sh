#!/usr/bin/env bash
# Runs every check there is, to the end, and closes with one line of counts. `make test` calls it, after the set-up.
#
# A step that fails does not stop the others, so that one run shows everything; the exit code is non-zero if any did.
# A step without tests of its own (formatting, lints) counts as one test when it fails. What each step said is kept in
# target/test-logs/.
set -euo pipefail
cd "$(dirname "$0")/.."

logs=target/test-logs
passed=0 failed=0 skipped=0
failures=()

# Whoever stops the run means all of it, not the step.
trap 'exit 130' INT
trap 'exit 143' TERM

main() {
    rm -rf "$logs"
    mkdir -p "$logs"
    # The Python of the conversion has what its tests need.
    local python
    python=$(python3 models/fetch.py --python)
    step python count_python "$python" -W error -m unittest discover -q -t models -s models/tests
    step page count_page npm --prefix dashboard/ui test -- --reporter=default --reporter=json --outputFile="$PWD/$logs/page.json"
    step format count_nothing cargo fmt --all --check
    # The tests come before the lints: both need the build scripts, the tests are what one waits for.
    if cargo nextest --version >/dev/null 2>&1; then
        step rust count_nextest cargo nextest run --workspace --locked --no-fail-fast
        step doctests count_cargo cargo test --workspace --locked --no-fail-fast --doc
    else
        step rust count_cargo cargo test --workspace --locked --no-fail-fast
    fi
    step lints count_nothing cargo clippy --workspace --all-targets --locked -- -D warnings
    summary
}

# step NAME COUNT COMMAND...: runs the command, shows and keeps what it says, and adds up its tests.
step() {
    local name=$1 count=$2 code=0 started=$SECONDS
    local log=$logs/$name.log before=$failed
    shift 2
    echo "=== $name: $*"
    "$@" 2>&1 | tee "$log" || code=$?
    "$count" "$log"
    if [ "$code" -ne 0 ]; then
        failures+=("$name (exit code $code, $log)")
        [ "$failed" -gt "$before" ] || failed=$((failed + 1))
    fi
    echo "=== $name: $((SECONDS - started)) s, exit code $code"
}

# The count functions read a step's log and add to passed, failed and skipped.

count_nothing() {
    :
}

count_python() { # "Ran 38 tests in 0.2s", then "OK (skipped=1)" or "FAILED (failures=1, errors=2)"
    local ran bad skip
    ran=$(sum_of '^Ran [0-9]+' "$1")
    bad=$(sum_of '(failures|errors)=[0-9]+' "$1")
    skip=$(sum_of 'skipped=[0-9]+' "$1")
    add $((ran - bad - skip)) "$bad" "$skip"
}

count_page() { # vitest's JSON report
    local report=$logs/page.json counts='const r = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
        [r.numPassedTests, r.numFailedTests, r.numPendingTests + r.numTodoTests].join(" ")'
    [ -f "$report" ] || return 0
    # shellcheck disable=SC2046 # three numbers
    add $(node -p "$counts" "$report")
}

count_cargo() { # "test result: ok. 12 passed; 0 failed; 1 ignored; ...", once for each binary
    local results=$1.results
    grep -a '^test result: ' "$1" >"$results" || true
    add "$(sum_of '[0-9]+ passed' "$results")" "$(sum_of '[0-9]+ failed' "$results")" "$(sum_of '[0-9]+ ignored' "$results")"
}

count_nextest() { # "Summary [ 1.2s] 12 tests run: 11 passed (1 slow), 1 failed, 2 skipped"
    local results=$1.results
    sed 's/\x1b\[[0-9;]*m//g' "$1" | { grep -aE '^ *Summary \[' || true; } | tail -n 1 >"$results"
    add "$(sum_of '[0-9]+ passed' "$results")" "$(sum_of '[0-9]+ (failed|timed out)' "$results")" \
        "$(sum_of '[0-9]+ skipped' "$results")"
}

add() {
    passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
}

# sum_of PATTERN FILE: the sum of the numbers in what matches; 0 if nothing does.
sum_of() {
    { grep -aoE "$1" "$2" || true; } | { grep -oE '[0-9]+' || true; } | awk '{ sum += $1 } END { print sum + 0 }'
}

summary() {
    local failure
    echo
    for failure in "${failures[@]}"; do
        echo "failed: $failure"
    done
    echo "$passed passed, $failed failed$([ "$skipped" -eq 0 ] || echo ", $skipped skipped")"
    [ "${#failures[@]}" -eq 0 ] && [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}

main
