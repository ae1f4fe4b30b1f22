#!/bin/bash
# Fuzzes what reads text from outside, one target after the other: each computes for FUZZ_SECONDS seconds (600) of CPU time,
# not counted what building it takes. FUZZ_TARGETS picks some by name. What is found is kept under testdata/fuzz of the
# package, to be committed once it is mended, and ends the run with status 1.
set -u
cd "$(dirname "$0")/.." || exit 2
root=$PWD
seconds=${FUZZ_SECONDS:-600}
slice=${FUZZ_SLICE:-60}
targets="
syntax:FuzzLex syntax:FuzzParse syntax:FuzzPrint
.:FuzzCompile .:FuzzRun
sqlgen:FuzzGenerate sqlgen:FuzzQuote
kernel:FuzzKernels assist:FuzzAssist external:FuzzRead exec:FuzzParse
"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cache=${FUZZ_CACHE:-$(go env GOCACHE)/fuzz}
TIMEFORMAT='%U %S'
found=0
for t in $targets; do
	dir=${t%%:*} name=${t##*:}
	case " ${FUZZ_TARGETS:-$name} " in *" $name "*) ;; *) continue ;; esac
	bin=$work/${dir/./kql}.test
	[ -x "$bin" ] || go test -vet=off -c -fuzz . -o "$bin" "./internal/kql/$dir" || { found=1; continue; }
	used=0
	while awk -v u="$used" -v s="$seconds" 'BEGIN { exit !(u < s) }'; do
		out=$work/out
		spent=$( { time (cd "$root/internal/kql/$dir" && "$bin" -test.run '^$' -test.fuzz "^$name\$" -test.fuzztime "${slice}s" -test.parallel 1 -test.fuzzcachedir "$cache/kql/$dir" >"$out" 2>&1); } 2>&1)
		if ! grep -q '^PASS' "$out"; then
			cat "$out"
			found=1
			break
		fi
		used=$(awk -v a="$used" -v t="$spent" 'BEGIN { split(t, p, " "); printf "%.1f", a + p[1] + p[2] + 0.1 }')
	done
	awk -v d="$dir" -v n="$name" -v u="$used" 'BEGIN { printf "%-10s %-14s %6.1f CPU minutes\n", d, n, u / 60 }'
done
exit $found
