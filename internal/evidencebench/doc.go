// Package evidencebench measures how fast the way from an alert to its events is: AlertEvents, IncidentEvents and EntityTimeline over
// 90 days of simulated stories and noise. Its tests make the days once, in the store's own parts, and keep them under .cache/bench.
// They measure when VEDETTE_BENCH is set; without it they check the answers over a few days.
package evidencebench
