// Package ingest is the way of messages into the store: it decodes a run of messages of one source partition, has their
// records normalised, and makes the one frame that the store takes or refuses as a whole.
//
// A frame holds the rows of all tables, a DeadLetter_CL row for every record that could not become one, and the range of
// positions that all of these came from. So a message is stored completely and once, or not at all, whatever kills the
// process in between.
//
// Connectors fetch messages and append frames; they need not know what is in them.
package ingest
