package model

// Condition selects incidents by their fields.
type Condition struct {
	Op ConditionOp
	// Field is one of those that the state database knows: number, name, title, status, ...
	Field string
	Fold  bool        // texts are compared without regard to case
	Value any         // string; int64, for times in ticks; nil for what is not set
	Args  []Condition // of And, Or and Not
}

// ConditionOp is what a Condition does.
type ConditionOp string

// The operators. A field with several values, such as labels, is Equal when one of them is.
const (
	And      ConditionOp = "and"
	Or       ConditionOp = "or"
	Not      ConditionOp = "not"
	Equal    ConditionOp = "="
	Unequal  ConditionOp = "<>"
	Less     ConditionOp = "<"
	AtMost   ConditionOp = "<="
	Greater  ConditionOp = ">"
	AtLeast  ConditionOp = ">="
	Contains ConditionOp = "contains"
	Starts   ConditionOp = "starts"
	Ends     ConditionOp = "ends"
)

// Cursor is a place in an ordered list of incidents: the last one that was seen.
type Cursor struct {
	Key    any   // what the list is ordered by: string or int64
	Number int64 // of the incident
}
