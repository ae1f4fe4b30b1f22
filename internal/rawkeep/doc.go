// Package rawkeep keeps messages as they came, compressed, for a number of days, and runs them through today's parser again.
//
// Messages are appended to segments, files of blocks: a header (length, CRC-32C, the first and last time of its messages) and their
// zstd-compressed entries. Segments are written once, rolled by size and age, removed when they are too old or take too much room, and
// rewritten without messages whose rows were purged. A block is written to the file with each frame and synced every second: after a
// power loss the last second of originals may be missing, never a row. What cannot be read back is skipped to the next segment and told.
package rawkeep
