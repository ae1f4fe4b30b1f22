#!/bin/bash
# Fuzzes what reads text from outside, one target after the other: each computes for FUZZ_SECONDS seconds (600) of CPU time.
# FUZZ_TARGETS picks some by name. What is found is kept under testdata/fuzz of the package, and ends the run with status 1.
set -u
cd "$(dirname "$0")/.."
seconds=${FUZZ_SECONDS:-600}
slice=${FUZZ_SLICE:-60}
targets="
syntax:FuzzLex syntax:FuzzParse syntax:FuzzPrint
.:FuzzCompile .:FuzzRun
sqlgen:FuzzGenerate sqlgen:FuzzQuote
kernel:FuzzKernels assist:FuzzAssist external:FuzzRead exec:FuzzParse
"
TIMEFORMAT='%U %S'
found=0
for t in $targets; do
	pkg=./internal/kql/${t%%:*} name=${t##*:}
	case " ${FUZZ_TARGETS:-$name} " in *" $name "*) ;; *) continue ;; esac
	used=0
	while [ "$used" -lt "$seconds" ]; do
		out=$(mktemp)
		spent=$( { time go test -vet=off -run '^$' -fuzz "^$name\$" -fuzztime "${slice}s" -parallel 1 "$pkg" >"$out" 2>&1; } 2>&1 )
		if ! tail -1 "$out" | grep -q '^ok'; then
			cat "$out"
			rm -f "$out"
			found=1
			break
		fi
		rm -f "$out"
		used=$(awk -v a="$used" -v t="$spent" 'BEGIN { split(t, p, " "); printf "%d", a + p[1] + p[2] + 1 }')
	done
	printf '%-10s %-14s %4d.%d CPU minutes\n' "${t%%:*}" "$name" $((used / 60)) $((used % 60 / 6))
done
exit $found
