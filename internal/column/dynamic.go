package column

// A dynamic value is one of: nil (null), bool, int64, float64, string, []any, *Object, Datetime, Timespan, uuid.UUID,
// *apd.Decimal, or Raw. Values are immutable once shared.

// Raw is a dynamic value still in the JSON text it came in, parsed when somebody looks inside.
type Raw string

// Datetime is a datetime inside a dynamic value, in ticks.
type Datetime int64

// Timespan is a timespan inside a dynamic value, in ticks.
type Timespan int64

// Object is a property bag that keeps the order of its keys. Keys are unique and case-sensitive.
type Object struct {
	Keys   []string
	Values []any
}

// Get returns the value of a key.
func (o *Object) Get(key string) (any, bool) {
	for i, k := range o.Keys {
		if k == key {
			return o.Values[i], true
		}
	}
	return nil, false
}

// Set adds a key or replaces its value in place.
func (o *Object) Set(key string, v any) {
	for i, k := range o.Keys {
		if k == key {
			o.Values[i] = v
			return
		}
	}
	o.Keys = append(o.Keys, key)
	o.Values = append(o.Values, v)
}
