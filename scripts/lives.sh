#!/bin/sh
# Give the model of the synchroniser many lives, in ranges of 2,000 seeds, and keep which ranges are done.
# A run that was cut off goes on where it stopped.   usage: scripts/lives.sh LOG [RANGES] [TEST-BINARY]
set -eu
log=$1 ranges=${2:-500} binary=${3:-}
cd "$(dirname "$0")/../internal/connector/defenderxdr"
if [ -z "$binary" ]; then
	binary=$(mktemp) && trap 'rm -f "$binary"' EXIT
	go test -c -o "$binary" .
fi
touch "$log"
failed=0 n=0
while [ $n -lt "$ranges" ]; do
	n=$((n + 1))
	grep -q "^range $n ok" "$log" && continue
	if out=$(VEDETTE_SEEDS=2000 "$binary" -test.run '^TestBothSidesConverge$' -rapid.seed $((n * 10000000)) -rapid.nofailfile 2>&1); then
		echo "range $n ok $(date -u +%T)" >>"$log"
	else
		failed=$((failed + 1))
		{ echo "range $n FAILED"; echo "$out" | tail -n 60; } >>"$log"
	fi
done
echo "$(grep -c '^range .* ok' "$log") of $ranges ranges of 2,000 lives went well"
[ $failed = 0 ]
