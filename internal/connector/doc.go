// Package connector is the frame that connectors live in: what a workspace chose for its connection, the streams that do
// the work and who restarts them, what came in, and the state that the connector page shows.
//
// A connector never knows of another; it reaches storage only through ingest.Appender. The streams of the Defender XDR
// connector are in the packages defenderxdr (incidents and alerts) and eventhub (events of the streamed tables).
package connector
