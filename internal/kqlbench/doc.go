// Package kqlbench measures how fast queries are, as ratios against the SQL that an expert would write for the same files.
//
// Its tests make a month of simulated hunting events once, in the store's own parts, and keep them under .cache/bench. They
// measure when VEDETTE_BENCH is set (see scripts/bench.sh); without it they check on a small table that each query and its
// SQL have the same answer.
package kqlbench
