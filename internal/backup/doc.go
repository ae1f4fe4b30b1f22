// Package backup copies a whole data folder, while its server runs, into a folder elsewhere, and back.
//
// A destination holds any number of backups. Parts never change, so all backups share one pool of them and a further one copies only
// what is new:
//
//	parts/<path in the part list>.<CRC32C>   the pool
//	<time>/state.db, journal/, files/        what each backup has of its own
//	<time>/backup.json                       what belongs to it, with checksums; written last: without it there is no backup
//
// A backup holds secrets: the keys of the certificates and tokens. Files have mode 0600, folders 0700.
package backup
