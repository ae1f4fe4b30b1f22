// Package storebench measures what it costs to take rows in and to keep them, as ratios against references in the same run.
//
// It runs the real program, whose processor time alone counts, on records as a tenant streams them. It measures when VEDETTE_BENCH is set
// (see scripts/bench.sh); without it, it checks that the records are what they say.
package storebench
