// Package eventhub reads the tenant's hunting events from Azure Event Hubs by its Kafka endpoint.
//
// A Stream reads one hub. Where to go on is the store's to say, never the broker's: every frame carries the positions its
// rows came from, so that after any kill the reading goes on exactly behind the last stored message. Offsets are
// committed to a consumer group too, but only for the people who watch it.
//
// A partition has one worker, which owns its order: it turns the messages that wait into one frame and appends it, again
// and again. All workers, of all hubs, share one budget of bytes; when it is used up fetching stops.
//
// The tables that the owner ticked are kept with the position they were ticked at, per partition. What a hub still held
// before that position is read again beside the live reading, as a source of its own, so that it is stored exactly once
// as well.
//
// A hub that was made anew begins at offset 0 again. Its positions are then those of a new generation, "hub/name~1".
package eventhub
