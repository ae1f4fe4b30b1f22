// Package syncback keeps an incident in step with the tenant in both directions.
//
// The rules are pure functions over State: Merge takes in a version of the tenant, Edit a change made here, Attempt the
// decision to send, Ack the answer. Every field is merged three ways against Base, the last value both sides are known to
// have had. What was sent with unknown outcome is kept in the attempt set, so that our own write, seen late, is never
// taken for somebody's edit. Nothing here compares the clocks of the two sides.
//
// Worker drives the rules over the interfaces Store, Remote and Clock: per incident it reads, merges, records the
// attempt durably, writes only what differs, and merges the answer. It may be killed between any two of these.
//
// That both sides converge whatever happens is tested where the pull is as well: model_test.go of connector/defenderxdr.
package syncback
