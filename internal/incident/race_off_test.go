//go:build !race

package incident

const raceDetector = false
