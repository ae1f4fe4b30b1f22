package incident

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vedette-siem/vedette/internal/fault"
)

// check refuses what no incident may have.
func (c *Change) check() error {
	oneOf := func(what string, v *string, words []string) error {
		if v == nil {
			return nil
		}
		if *v = canonical(*v, words); !slices.Contains(words, *v) {
			return fault.New(fault.Invalid, "invalid_"+what, "%q is not a %s. Use %s.", *v, what, strings.Join(words, ", "))
		}
		return nil
	}
	length := func(what string, v *string, low, high int) error {
		if v == nil {
			return nil
		}
		*v = strings.TrimSpace(*v)
		if n := utf8.RuneCountInString(*v); n < low || n > high || !utf8.ValidString(*v) {
			return fault.New(fault.Invalid, "invalid_"+strings.ReplaceAll(what, " ", "_"), "The %s has %d characters; it needs %d to %d.", what, n, low, high)
		}
		return nil
	}
	var names []string
	for _, k := range classifications {
		names = append(names, k.name)
	}
	for _, err := range []error{
		oneOf("status", c.Status, statuses), oneOf("severity", c.Severity, severities), oneOf("classification", c.Classification, names),
		length("title", c.Title, 1, maxTitle), length("description", c.Description, 0, maxDescription),
		length("classification comment", c.ClassificationComment, 0, maxClosingComment),
		checkLabels(c.AddLabels), checkLabels(c.RemoveLabels),
	} {
		if err != nil {
			return err
		}
	}
	if c.ClassificationReason != nil && *c.ClassificationReason != "" && !slices.Contains(allReasons(), canonical(*c.ClassificationReason, allReasons())) {
		return fault.New(fault.Invalid, "invalid_reason", "%q is not a classification reason. Use %s.", *c.ClassificationReason, strings.Join(allReasons(), ", "))
	}
	if c.Labels != nil {
		*c.Labels = slices.DeleteFunc(slices.Clone(*c.Labels), func(l string) bool { return strings.EqualFold(l, redirected) })
		return checkLabels(*c.Labels)
	}
	return nil
}

func allReasons() []string {
	var out []string
	for _, k := range classifications {
		out = append(out, k.reasons...)
	}
	return out
}

// canonical returns the word of the list that v is, whatever its case.
func canonical(v string, words []string) string {
	for _, w := range words {
		if strings.EqualFold(strings.TrimSpace(v), w) {
			return w
		}
	}
	return v
}

func checkLabels(labels []string) error {
	if len(labels) > maxLabels {
		return fault.New(fault.Invalid, "invalid_label", "An incident has up to %d labels.", maxLabels)
	}
	for i, l := range labels {
		l = strings.TrimSpace(l)
		labels[i] = l
		if l == "" || utf8.RuneCountInString(l) > maxLabel || strings.ContainsFunc(l, unicode.IsControl) || !utf8.ValidString(l) {
			return fault.New(fault.Invalid, "invalid_label", "%q cannot be a label: it needs 1 to %d printable characters.", l, maxLabel)
		}
		if strings.EqualFold(l, redirected) {
			return fault.New(fault.Invalid, "invalid_label", "The label %s is set by the product alone.", redirected)
		}
	}
	return nil
}
