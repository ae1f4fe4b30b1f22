package syncback

// Rule decides a field that both sides changed.
type Rule string

// The rules. Under RemoteWins a change made by the tenant's automation still yields to a person's unsent change.
const (
	RemoteWins Rule = "remote-wins"
	LocalWins  Rule = "local-wins"
)

// Policy says which rule decides a field; nil is RemoteWins for all.
type Policy interface {
	For(f Field) Rule
}

// For implements Policy: the rule decides every field.
func (r Rule) For(Field) Rule { return r }

// Rules is a policy with rules of their own for some fields.
type Rules struct {
	Default Rule
	Fields  map[Field]Rule
}

// For implements Policy.
func (p Rules) For(f Field) Rule {
	if r, ok := p.Fields[f]; ok {
		return r
	}
	return p.Default
}

func localWins(p Policy, f Field) bool { return p != nil && p.For(f) == LocalWins }

// Urgency orders requests to the tenant.
type Urgency int

// The urgencies, the most urgent first.
const (
	Person     Urgency = iota // somebody waits for it, or their edit does
	Automation                // an edit of a program
	Repair                    // nothing waits: what the lists may have missed
)

func urgency(person bool) Urgency {
	if person {
		return Person
	}
	return Automation
}
