//go:build race

package store_test

// raceDetector tells that the race detector is on, which makes everything many times slower.
const raceDetector = true
