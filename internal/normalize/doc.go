// Package normalize turns records of the Defender Streaming API into typed rows of their tables.
//
// It does no input or output. Decode splits a message into records; a Writer checks one record after another and appends
// it to the column vectors of its table. Nothing that a record says is lost: a value that does not fit its column goes to
// a column named after it and the value's type, an unknown property becomes a new column, and what cannot be a column
// goes to AdditionalFields. A record that cannot become a row at all is refused with a reason, and leaves no trace in the
// vectors.
//
// Shapes holds what the tables look like and is shared by all writers of a workspace, so that two partitions that meet a
// new property at the same moment agree on its type.
package normalize
