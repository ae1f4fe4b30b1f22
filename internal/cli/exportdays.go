package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/query"
)

// mostDays bounds an export by the day: more is a slip of the pen.
const mostDays = 5000

// runDays writes a file for each day, named after it, in place of an older one. A day without rows has no file. After an error the days before it are there.
func (x *exporting) runDays(ctx context.Context, name string, fetch func(context.Context, io.Writer) (string, error)) error {
	span, err := query.ParseTimes(x.from, x.to)
	if err != nil {
		return err
	}
	if span.From.IsZero() || span.To.IsZero() || x.out == "-" {
		return fault.New(fault.Invalid, "days_unbounded", "--per-day needs --from and --to, and -o with a folder.")
	}
	days := cutDays(span.From, span.To)
	if len(days) > mostDays {
		return fault.New(fault.Invalid, "days_unbounded", "From %s to %s are more than %d days.", x.from, x.to, mostDays)
	}
	if err := os.MkdirAll(x.out, 0o700); err != nil {
		return fault.New(fault.Invalid, "file_unwritable", "The folder %s cannot be made: %w.", x.out, err)
	}
	all := []exported{}
	for _, d := range days {
		x.from, x.to = d.from.Format(time.RFC3339Nano), d.to.Format(time.RFC3339Nano)
		file := filepath.Join(x.out, name+"-"+d.from.Format(time.DateOnly)+"."+x.format)
		done, err := x.write(ctx, file, fetch)
		if err == nil && done.Rows == 0 {
			err = os.Remove(file)
		}
		switch {
		case err != nil:
			return errors.Join(fmt.Errorf("exporting %s: %w", d.from.Format(time.DateOnly), err), x.report(all))
		case done.Rows > 0 && x.json:
			all = append(all, done)
		case done.Rows > 0:
			fmt.Fprintf(x.env.Stdout, "%s: %d rows, %s\n", file, done.Rows, size(done.Bytes))
		}
	}
	return x.report(all)
}

func (x *exporting) report(all []exported) error {
	if !x.json {
		return nil
	}
	return x.printJSON(all)
}

type day struct{ from, to time.Time }

// cutDays cuts the time from one instant until another at midnight, UTC.
func cutDays(from, to time.Time) []day {
	from, to = from.UTC(), to.UTC()
	var out []day
	for from.Before(to) && len(out) <= mostDays {
		next := from.Truncate(24 * time.Hour).Add(24 * time.Hour)
		if next.After(to) {
			next = to
		}
		out = append(out, day{from, next})
		from = next
	}
	return out
}
