#!/usr/bin/env bash
# Prints measurements as ratios against a named reference taken in the same run. Nothing here passes or fails.
# BENCH names the sections to run, separated by blanks; all without it: intake hub steady store incidents kql packages.
set -euo pipefail
mkdir -p bench
sections=${BENCH:-intake hub steady store incidents kql packages}
on() { [[ " $sections " == *" $1 "* ]]; }
run() { VEDETTE_BENCH=1 go test -vet=off -ldflags='-s -w' -count=1 -timeout 60m -run "$1" -v "$2" | grep -E '^\s+[a-z_]+_test\.go:|^--- FAIL|^FAIL|^ok' | sed -E 's/^ *[a-z_]+_test\.go:[0-9]+: //'; }
{
  if on intake; then
    echo "== end to end: hub to queryable, through the real binary"
    run '^TestBench$' ./internal/apptest
    echo "== intake of bad and drifting records, in parts of the rate of good ones"
    go test -vet=off -ldflags='-s -w' -run '^$' -bench BadAndDrifting -benchtime 120x ./internal/connector/eventhub | grep -E '^Benchmark'
  fi
  if on hub; then
    echo "== from Apache Kafka, through the real binary: backlogs and memory, catching up, bad and drifting records, transformations"
    run '^TestBench' ./internal/hubbench
  fi
  if on steady; then
    echo "== steady intake of 10,000 rows/s: memory, age of what is visible, analysts who query meanwhile"
    run '^TestBenchSteady$' ./internal/apptest
  fi
  if on store; then
    echo "== store: taking files in and keeping them, against DuckDB on the same rows"
    run '^TestBench' ./internal/storebench
  fi
  if on incidents; then
    echo "== incidents: a first read of 100,000 within the tenant's quota, on virtual time"
    run '^(TestAFirstReadDelaysNobody|TestWhoLooksSeesSooner)$' ./internal/connector/defenderxdr
  fi
  if on kql; then
    echo "== KQL: hunting queries over twelve million rows against an expert's SQL over the same files"
    # The official language service, to compare with: for development only.
    if [ ! -d scripts/langservice/node_modules ] && command -v npm > /dev/null; then
      npm --prefix scripts/langservice ci --ignore-scripts --no-audit --no-fund > /dev/null || echo "npm failed: the official language service is not measured"
    fi
    run '^TestBench' ./internal/kqlbench
    echo "== from an alert to its events over 90 days"
    run '^TestBenchEvidence' ./internal/evidencebench
  fi
  if on packages; then
    echo "== packages"
    go test -vet=off -ldflags='-s -w' -run '^$' -bench . -benchtime 1s ./internal/normalize ./internal/store ./internal/kql/... ./internal/engine/... ./internal/column ./internal/incident 2>/dev/null | grep -E '^(Benchmark|pkg)'
  fi
} | tee bench/new.txt
