// Package intaketest is what tests of the event streams have in common: a workspace with state, store and service, the
// stream under test under the runner, and child processes that are killed.
package intaketest
