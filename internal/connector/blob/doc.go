// Package blob reads the tenant's hunting events from an Azure storage account.
//
// The tenant's export appends to one blob per table and hour, in one container per table. A Stream reads one account: each
// container on its own, by pages of its listing, so that memory does not grow with the number of blobs. The blobs of today
// and yesterday are looked at with every poll, also while older ones are being read; all of them now and then.
//
// Where to go on in a blob is the store's to say: a frame carries the bytes its rows came from, up to the end of a line.
// Positions are bytes of the blob, the partition is its time in minutes, the source "blob/<account>/<container>/<folder>".
//
// A blob that was made anew is shorter than what was read of it, or has no end of line where one was read. Its bytes are
// then those of a new generation, with "~1" behind the source, and a gap tells of it.
//
// A container holds one table, so the choice of tables is a choice of containers: one that is ticked later is read from the
// beginning of its oldest blob, one that is unticked is left where it is.
package blob
