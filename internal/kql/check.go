package kql

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

// CheckResult says whether a text is a query and what columns it gives.
type CheckResult struct {
	// Syntax: the text parses. OK: it also means something, with these tables.
	Syntax bool `json:"syntax"`
	OK     bool `json:"ok"`
	// Errors are the findings that stop the query; it may be OK and still have some, of constructs that cannot be run yet,
	// which are in NotRunnable instead.
	Errors []CheckError `json:"errors"`
	// Columns are name and type of the last result's columns.
	Columns     [][2]string        `json:"columns"`
	NotRunnable syntax.Diagnostics `json:"-"`
	Warnings    syntax.Diagnostics `json:"-"`
}

// CheckError is a finding; start and length count characters, as editors do.
type CheckError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Start   int    `json:"start"`
	Length  int    `json:"length"`
}

// Check parses and binds a query without running it.
func Check(text string, env bind.Env) CheckResult {
	r := CheckResult{Errors: []CheckError{}, Columns: [][2]string{}}
	tree, diags := syntax.Parse(text)
	r.Syntax = !diags.HasErrors()
	if !r.Syntax {
		r.Errors = checkErrors(text, diags)
		return r
	}
	q, more := bind.Bind(tree, env)
	var errs syntax.Diagnostics
	for _, d := range append(diags, more...) {
		switch {
		case d.Severity != syntax.Error:
			r.Warnings = append(r.Warnings, d)
		case d.Kind == syntax.NotRunnable:
			r.NotRunnable = append(r.NotRunnable, d)
		default:
			errs = append(errs, d)
		}
	}
	r.OK = len(errs) == 0
	r.Errors = checkErrors(text, errs)
	if q != nil && len(q.Results) > 0 {
		for _, c := range q.Results[len(q.Results)-1].Root.Cols() {
			r.Columns = append(r.Columns, [2]string{c.Name, c.Type.String()})
		}
	}
	return r
}

func checkErrors(text string, ds syntax.Diagnostics) []CheckError {
	out := make([]CheckError, 0, len(ds))
	for _, d := range ds {
		start := utf16Length(text[:min(d.Start, len(text))])
		end := utf16Length(text[:min(d.Start+d.Length, len(text))])
		out = append(out, CheckError{Code: d.Code, Message: d.Message, Start: start, Length: end - start})
	}
	return out
}

// utf16Length counts the units in which editors and scripts index text.
func utf16Length(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}

// ReadTables reads a catalogue written as {"Table":{"Column":"type",...},...}, columns in that order.
func ReadTables(r io.Reader) (*schema.Static, error) {
	raw, err := io.ReadAll(r)
	if err != nil {
		return nil, fault.New(fault.Invalid, "tables_unreadable", "reading the table list: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	var tables []*schema.Table
	err = object(d, func(name string) error {
		t := &schema.Table{Name: name}
		tables = append(tables, t)
		return object(d, func(column string) error {
			var typ string
			if err := d.Decode(&typ); err != nil {
				return err
			}
			parsed, err := schema.ParseType(typ)
			if err != nil {
				return fault.New(fault.Invalid, "tables_type", "column %s of table %s: %w", column, name, err)
			}
			t.Columns = append(slices.DeleteFunc(t.Columns, func(c schema.Column) bool { return c.Name == column }), schema.Column{Name: column, Type: parsed})
			return nil
		})
	})
	if err != nil {
		return nil, fault.New(fault.Invalid, "tables_invalid", "the table list is not {\"Table\":{\"Column\":\"type\"}}: %w", err)
	}
	return schema.NewStatic(tables...), nil
}

// object reads a JSON object and calls member for each key, which reads the value.
func object(d *json.Decoder, member func(key string) error) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	if t != json.Delim('{') {
		return fault.New(fault.Invalid, "tables_invalid", "found %v where an object should begin, at byte %d", t, d.InputOffset())
	}
	for d.More() {
		k, err := d.Token()
		if err != nil {
			return err
		}
		if err := member(k.(string)); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}
