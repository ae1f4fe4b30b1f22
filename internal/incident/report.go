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
	entities  []model.Entity
	comments  []model.Comment
	history   []model.Activity
	conflicts []model.ConflictRecord
	now       time.Time
}

// reportPage is how many alerts a report reads at a time.
const reportPage = 500

// Report writes an incident with all that hangs on it as a Markdown document, its alerts by the page. Text from outside is
// escaped, so that it is read as text wherever the document is shown. Nothing is written when the incident is not there.
func (s *Service) Report(ctx context.Context, ws string, number int64, to io.Writer) error {
	r := report{now: s.now()}
	var err error
	for _, read := range []func() error{
		func() (e error) { r.in, e = s.Get(ctx, ws, number); return },
		func() (e error) { r.entities, e = s.Entities(ctx, ws, number); return },
		func() (e error) { r.comments, e = s.Comments(ctx, ws, number); return },
		func() (e error) { r.history, e = s.History(ctx, ws, number); return },
		func() (e error) { r.conflicts, e = s.Conflicts(ctx, ws, number); return },
	} {
		if err = read(); err != nil {
			return err
		}
	}
	b := bufio.NewWriter(to)
	r.head(b)
	for offset := 0; ; offset += reportPage {
		alerts, err := s.AlertPage(ctx, ws, number, reportPage, offset)
		if err != nil {
			return err
		}
		if offset == 0 && len(alerts) > 0 {
			header(b, "Alerts", r.in.AlertCount, []string{"Severity", "Status", "Title", "Product", "First activity", "Id"})
		}
		for _, a := range alerts {
			row(b, []string{a.Severity, a.Status, a.Title, a.ProductName, moment(a.First), a.ID})
		}
		if len(alerts) < reportPage {
			break
		}
	}
	r.tail(b)
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
	r.section(b, "Entities", []string{"Kind", "Entity", "Alerts", "Incidents", "First seen", "Last seen"}, len(r.entities), func(i int) []string {
		e := r.entities[i]
		return []string{e.Kind, e.Label, fmt.Sprint(e.Alerts), fmt.Sprint(e.Incidents), moment(e.FirstSeen), moment(e.LastSeen)}
	})
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
	r.section(b, "History", []string{"Time", "Who", "Where", "What", "Before", "After"}, len(r.history), func(i int) []string {
		a := r.history[i]
		return []string{moment(a.Time), a.Actor, a.Origin, strings.TrimSpace(a.Kind + " " + a.Field), a.Before, strings.TrimSpace(a.After + " " + a.Note)}
	})
	fmt.Fprintf(b, "\nWritten %s.\n", moment(r.now))
}

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
