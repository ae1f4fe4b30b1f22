package kernel

import "github.com/vedette-siem/vedette/internal/fault"

// maxBuilt is the largest text that a function builds of others, in bytes. Texts grow with every step of a query, so that a
// short query could ask for one without measure.
const maxBuilt = 64 << 20

// built stops the query, by a panic with a fault that the interpreter turns into its error, when a text to be made is too
// large: a kernel has no other way to fail.
func built(function string, size int) {
	if size > maxBuilt || size < 0 {
		panic(fault.New(fault.TooLarge, "query_value", "The query makes a text of more than %d MB with %s(). Shorten what it joins or replaces.", maxBuilt>>20, function))
	}
}

// maxSteps is how many steps a function takes for one value where they are the product of the sizes of two.
const maxSteps = 1 << 30

// worked stops the query as built does, when a function would take too many steps for one value.
func worked(function string, a, b int) {
	if a > 0 && b > maxSteps/a {
		panic(fault.New(fault.TooLarge, "query_value", "%s() would take more than %d million steps for one value. Shorten the arrays it is given.", function, maxSteps>>20))
	}
}
