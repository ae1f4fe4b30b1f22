// Package deadletter shows the records that could not become rows, and stores them once they can.
//
// A letter is a row of DeadLetter_CL; its id is the row's _ItemId. A letter that was stored later is named by a row of
// DeadLetterReplay_CL, which goes into the same frame as its rows: so a letter is stored once, whatever happens in between.
package deadletter
