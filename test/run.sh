#!/usr/bin/env bash
# `make test`: static checks, then every test but the long ones, on the embedded database and on a real
# PostgreSQL 17. The last line is `N passed, N failed`.
set -uo pipefail
cd "$(dirname "$0")/.."
passed=0 failed=0 failures=()

check() { # check NAME COMMAND...
  local name=$1 log; shift
  log=$(mktemp)
  if "$@" >"$log" 2>&1; then
    passed=$((passed + 1)); echo "✓ $name"
  else
    failed=$((failed + 1)); failures+=("$name"); echo "✗ $name"; cat "$log"
  fi
  rm -f "$log"
}

check 'types' npm run --silent typecheck
check 'style' npm run --silent lint
check 'architecture' npm run --silent architecture
check 'unused code' npm run --silent unused
check 'regexes' npm run --silent regexes
check 'build' make --silent build

services=$(mktemp)
if bash test/services/up >"$services"; then
  # shellcheck disable=SC1090
  . "$services"
  trap 'bash test/services/down' EXIT
else
  echo '!! PostgreSQL and Redis could not be started (see above): their tests will not run.'
  if [ "${CI:-}" = true ]; then failed=$((failed + 1)); failures+=('PostgreSQL and Redis for the tests'); fi
fi
rm -f "$services"
if tools=$(bash test/services/deploy-tools); then
  eval "$tools"
else
  echo '!! helm and kubectl could not be had (see above): the tests of the chart will not run.'
  if [ "${CI:-}" = true ]; then failed=$((failed + 1)); failures+=('helm and kubectl for the tests'); fi
fi

report=$(mktemp)
vitest run --reporter=default --reporter=json --outputFile.json="$report" || failures+=('vitest')
counts=$(node -e '
  const { numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped, testResults } = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"))
  const broken = testResults.filter((file) => file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed")).length
  console.log(passed, failed + broken, skipped)' "$report" || echo '0 1 0')
skipped_names=$(node -p '
  JSON.parse(require("fs").readFileSync(process.argv[1], "utf8")).testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status !== "passed" && status !== "failed")
    .map(({ fullName }) => `   ${fullName}`)
    .join("\n")' "$report" 2>/dev/null)
rm -f "$report"
read -r tests_passed tests_failed tests_skipped <<<"$counts"
passed=$((passed + tests_passed)) failed=$((failed + tests_failed))
if [ "${#failures[@]}" -gt 0 ] && [ "$failed" = 0 ]; then failed=1; fi
[ "$tests_skipped" = 0 ] || printf '!! %s tests did not run:\n%s\n' "$tests_skipped" "$skipped_names"
for name in "${failures[@]}"; do echo "failed: $name"; done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
