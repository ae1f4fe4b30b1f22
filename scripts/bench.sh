#!/usr/bin/env bash
# Prints measurements as ratios against a named reference taken in the same run. Nothing here passes or fails.
set -euo pipefail
mkdir -p bench
{
  echo "== end to end: hub to queryable, through the real binary"
  VEDETTE_BENCH=1 go test -vet=off -ldflags='-s -w' -count=1 -timeout 20m -run '^TestBench$' -v ./internal/apptest | grep -E '^\s+bench_test|FAIL|ok' | sed 's/^.*bench_test.go:[0-9]*: //'
  echo "== incidents: a first read of 100,000 within the tenant's quota, on virtual time"
  VEDETTE_BENCH=1 go test -vet=off -ldflags='-s -w' -count=1 -run '^TestAFirstReadDelaysNobody$' -v ./internal/connector/defenderxdr | grep -E '^\s+quota_test|FAIL' | sed 's/^.*quota_test.go:[0-9]*: //'
  echo "== packages"
  go test -vet=off -ldflags='-s -w' -run '^$' -bench . -benchtime 1s ./internal/normalize ./internal/store ./internal/kql/... ./internal/engine/... ./internal/column ./internal/incident 2>/dev/null | grep -E '^(Benchmark|pkg)'
} | tee bench/new.txt
