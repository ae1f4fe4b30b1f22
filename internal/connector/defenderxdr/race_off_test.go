//go:build !race

package defenderxdr

const raceDetector = false
