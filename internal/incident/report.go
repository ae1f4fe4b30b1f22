package incident

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/model"
)

// report is everything that a report tells.
type report struct {
	in        model.Incident
	comments  []model.Comment
	conflicts []model.ConflictRecord
	now       time.Time
}

// reportPage is how much of a list a report reads at a time.
const reportPage = 500

// Report writes an incident with all that hangs on it as a Markdown document, its lists by the page. Text from outside is
// escaped, so that it is read as text wherever the document is shown. Nothing is written when the incident is not there.
func (s *Service) Report(ctx context.Context, ws string, number int64, to io.Writer) error {
	r := report{now: s.now()}
	var err error
	for _, read := range []func() error{
		func() (e error) { r.in, e = s.Get(ctx, ws, number); return },
		func() (e error) { r.comments, e = s.Comments(ctx, ws, number); return },
		func() (e error) { r.conflicts, e = s.Conflicts(ctx, ws, number); return },
	} {
		if err = read(); err != nil {
			return err
		}
	}
	b := bufio.NewWriter(to)
	r.head(b)
	err = pages(func(place string) (string, error) {
		alerts, next, err := s.AlertsFrom(ctx, ws, number, reportPage, place)
		if place == "" && len(alerts) > 0 {
			header(b, "Alerts", r.in.AlertCount, []string{"Severity", "Status", "Title", "Product", "First activity", "Id"})
		}
		for _, a := range alerts {
			row(b, []string{a.Severity, a.Status, a.Title, a.ProductName, moment(a.First), a.ID})
		}
		return next, err
	})
	if err == nil {
		err = pages(func(place string) (string, error) {
			list, total, next, err := s.EntitiesFrom(ctx, ws, number, "", reportPage, place)
			if place == "" && len(list) > 0 {
				header(b, "Entities", total, []string{"Kind", "Entity", "Alerts", "Incidents", "First seen", "Last seen"})
			}
			for _, e := range list {
				row(b, []string{e.Kind, e.Label, fmt.Sprint(e.Alerts), fmt.Sprint(e.Incidents), moment(e.FirstSeen), moment(e.LastSeen)})
			}
			return next, err
		})
	}
	if err != nil {
		return err
	}
	r.tail(b)
	lines, err := s.db.Incidents().CountActivities(ctx, ws, number)
	if err != nil {
		return fmt.Errorf("counting the history of incident %d: %w", number, err)
	}
	err = pages(func(place string) (string, error) {
		list, next, err := s.HistoryFrom(ctx, ws, number, reportPage, place, false)
		if place == "" && len(list) > 0 {
			header(b, "History", lines, []string{"Time", "Who", "Where", "What", "Before", "After"})
		}
		for _, a := range list {
			row(b, []string{moment(a.Time), a.Actor, a.Origin, strings.TrimSpace(a.Kind + " " + a.Field), a.Before, strings.TrimSpace(a.After + " " + a.Note)})
		}
		return next, err
	})
	if err != nil {
		return err
	}
	r.end(b)
	return b.Flush()
}

// head writes what an incident is.
func (r *report) head(b io.Writer) {
	in := r.in
	fmt.Fprintf(b, "# Incident %d: %s\n\n", in.Number, plain(in.Title))
	owner := first(in.Owner.UserPrincipalName, in.Owner.AssignedTo, "nobody")
	rows := [][2]string{
		{"Status", in.Status}, {"Severity", in.Severity}, {"Owner", owner}, {"Classification", strings.TrimSpace(in.Classification + " " + in.ClassificationReason)},
		{"Closing comment", in.ClassificationNote}, {"Labels", strings.Join(append(append([]string{}, in.Labels...), in.SystemLabels...), ", ")},
		{"Products", strings.Join(in.Products, ", ")}, {"Tactics", strings.Join(in.Tactics, ", ")}, {"Created", moment(in.Created)},
		{"First activity", moment(in.FirstActivity)}, {"Last activity", moment(in.LastActivity)}, {"Closed", moment(in.Closed)},
		{"Id in the tenant", in.ProviderIncidentID}, {"In the Defender portal", in.ProviderURL}, {"Sync", string(in.Sync.State)},
	}
	fmt.Fprint(b, "| | |\n|---|---|\n")
	for _, row := range rows {
		if row[1] != "" {
			fmt.Fprintf(b, "| %s | %s |\n", row[0], plain(row[1]))
		}
	}
	for _, text := range []string{in.Summary, in.Description, in.EmptyReason} {
		if text != "" {
			fmt.Fprintf(b, "\n%s\n", plain(text))
		}
	}
}

// tail writes what comes after the alerts.
func (r *report) tail(b io.Writer) {
	in := r.in
	r.section(b, "Tasks", []string{"Status", "Task", "Description"}, len(in.Tasks), func(i int) []string {
		t := in.Tasks[i]
		return []string{t.Status, t.Title, t.Description}
	})
	r.section(b, "Comments", []string{"Time", "Author", "Where", "Comment"}, len(r.comments), func(i int) []string {
		c := r.comments[i]
		return []string{moment(c.Created), c.Author, c.Origin, c.Message}
	})
	r.section(b, "Conflicts", []string{"Time", "Field", "Here", "In the tenant", "Stands"}, len(r.conflicts), func(i int) []string {
		c := r.conflicts[i]
		return []string{
			moment(c.Time), c.Field, c.Local.Value + " (" + first(c.Local.Actor, "?") + ")", c.Remote.Value + " (" + first(c.Remote.Actor, "?") + ")",
			strings.TrimSpace(c.Applied + " " + c.Note),
		}
	})
}

func (r *report) end(b io.Writer) { fmt.Fprintf(b, "\nWritten %s.\n", moment(r.now)) }

// section writes a table; one without rows is left out.
func (r *report) section(b io.Writer, title string, columns []string, n int, cells func(int) []string) {
	if n == 0 {
		return
	}
	header(b, title, n, columns)
	for i := range n {
		row(b, cells(i))
	}
}

func header(b io.Writer, title string, n int, columns []string) {
	fmt.Fprintf(b, "\n## %s (%d)\n\n| %s |\n|%s\n", title, n, strings.Join(columns, " | "), strings.Repeat("---|", len(columns)))
}

func row(b io.Writer, cells []string) {
	for i := range cells {
		cells[i] = plain(cells[i])
	}
	fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// escaper takes from a text whatever Markdown would make of it.
var escaper = strings.NewReplacer(
	`\`, `\\`, "|", `\|`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "&", "&amp;", "#", `\#`, "!", `\!`, "~", `\~`,
	"\r\n", "<br>", "\n", "<br>", "\r", "<br>",
)

func plain(s string) string {
	return escaper.Replace(strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\r' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, s))
}
