// Package hubbench measures intake from Apache Kafka, set up like an Event Hubs namespace, through the real program: how fast a backlog is
// read beside the rate of a busy tenant, what bad records and changing columns cost, and that memory does not grow with the backlog.
//
// Its tests measure when VEDETTE_BENCH is set (BENCH=hub scripts/bench.sh); without it they check that what is sent is what they say.
package hubbench
