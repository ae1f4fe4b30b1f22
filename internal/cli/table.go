package cli

import (
	"fmt"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/vedette-siem/vedette/internal/fault"
)

// tableJSON is a table as the server tells of it.
type tableJSON struct {
	Name                  string `json:"name"`
	Description           string `json:"description"`
	Family                string `json:"family,omitempty"`
	Type                  string `json:"type"`
	Plan                  string `json:"plan"`
	RetentionDays         int    `json:"retentionDays"`
	RetentionDefault      bool   `json:"retentionDefault"`
	TotalRetentionDays    int    `json:"totalRetentionDays"`
	TotalRetentionDefault bool   `json:"totalRetentionDefault"`
	HeldDays              int    `json:"heldDays,omitempty"`
	HeldUntil             string `json:"heldUntil,omitempty"`
	ChangedBy             string `json:"changedBy,omitempty"`
	ChangedAt             string `json:"changedAt,omitempty"`
	Rows                  int64  `json:"rows"`
	Bytes                 int64  `json:"bytes"`
	Parts                 int    `json:"parts"`
	ColdRows              int64  `json:"coldRows"`
	ColdBytes             int64  `json:"coldBytes"`
	Rows24h               int64  `json:"rows24h"`
	FirstSeen             string `json:"firstSeen"`
	LastSeen              string `json:"lastSeen"`

	BytesPerDay float64 `json:"bytesPerDay"`
	BytesFull   float64 `json:"bytesFull"`
}

type tableDetail struct {
	tableJSON
	Columns []struct {
		Name        string `json:"name"`
		Type        string `json:"type"`
		Description string `json:"description,omitempty"`
		Hidden      bool   `json:"hidden,omitempty"`
	} `json:"columns"`
	Days []struct {
		Day      string `json:"day"`
		Rows     int64  `json:"rows"`
		Bytes    int64  `json:"bytes"`
		ColdRows int64  `json:"coldRows"`
	} `json:"days"`
	Forecast struct {
		RowsPerDay  float64 `json:"rowsPerDay"`
		BytesPerDay float64 `json:"bytesPerDay"`
		BytesFull   float64 `json:"bytesFull"`
	} `json:"forecast"`
}

func newTable(env *Env) *cobra.Command {
	t := &target{env: env}
	cmd := &cobra.Command{Use: "table", Short: "Tables of the workspace: plans, retention, sizes"}
	t.flags(cmd)
	cmd.AddCommand(tableList(t), tableShow(t), tableCreate(t), tableSet(t), tableRestore(t), tableSearch(t), tableDrop(t), newTablePurge(t), newTableTransform(t))
	return cmd
}

func tableList(t *target) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the tables with plan, retention and size", Example: "  vedette table list", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var out struct {
				Items []tableJSON `json:"items"`
			}
			if err := t.get(cmd.Context(), "/tables", &out); err != nil {
				return err
			}
			if t.json {
				return t.printJSON(out.Items)
			}
			var rows [][]any
			for _, x := range out.Items {
				rows = append(rows, []any{x.Name, x.Plan, days(x.RetentionDays, x.RetentionDefault), days(x.TotalRetentionDays, x.TotalRetentionDefault), x.Rows, size(x.Bytes + x.ColdBytes), x.ColdRows, x.Rows24h, size(int64(x.BytesFull)), x.LastSeen})
			}
			grid(t.env.Stdout, []string{"table", "plan", "days", "total", "rows", "size", "cold rows", "rows 24h", "when full", "last seen"}, rows)
			var now, full float64
			for _, x := range out.Items {
				now, full = now+float64(x.Bytes+x.ColdBytes), full+x.BytesFull
			}
			fmt.Fprintf(t.env.Stdout, "Days marked * are the workspace's default. All tables: %s now; %s when their retention is full, at the pace of the last seven days.\n", size(int64(now)), size(int64(full)))
			return nil
		},
	}
}

// days writes a number of days; a star marks the default.
func days(n int, def bool) string {
	if def {
		return strconv.Itoa(n) + "*"
	}
	return strconv.Itoa(n)
}

// size writes bytes for people.
func size(n int64) string {
	f, unit := float64(n), 0
	for f >= 1000 && unit < 4 {
		f, unit = f/1000, unit+1
	}
	if unit == 0 {
		return strconv.FormatInt(n, 10) + " B"
	}
	return fmt.Sprintf("%.1f %cB", f, " kMGT"[unit])
}

func tableShow(t *target) *cobra.Command {
	return &cobra.Command{
		Use: "show NAME", Short: "Columns, retention and growth of a table", Example: "  vedette table show SecurityIncident", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var d tableDetail
			if err := t.get(cmd.Context(), "/tables/"+url.PathEscape(args[0]), &d); err != nil {
				return err
			}
			if t.json {
				return t.printJSON(d)
			}
			w := t.env.Stdout
			fmt.Fprintf(w, "%s (%s, %s plan)\n%s\n", clean(d.Name), d.Type, d.Plan, clean(d.Description))
			fmt.Fprintf(w, "Retention: %d days interactive, %d days in total", d.RetentionDays, d.TotalRetentionDays)
			if d.HeldDays > 0 {
				fmt.Fprintf(w, " (%d days until %s, because it was shortened)", d.HeldDays, d.HeldUntil)
			}
			fmt.Fprintf(w, "\nSize: %d rows, %s", d.Rows, size(d.Bytes))
			if d.ColdRows > 0 {
				fmt.Fprintf(w, "; past interactive retention: %d rows, %s", d.ColdRows, size(d.ColdBytes))
			}
			if d.Forecast.RowsPerDay > 0 {
				fmt.Fprintf(w, "\nGrowth: %.0f rows and %s a day; %s when its retention is full", d.Forecast.RowsPerDay, size(int64(d.Forecast.BytesPerDay)), size(int64(d.Forecast.BytesFull)))
			}
			fmt.Fprintln(w)
			var rows [][]any
			for _, c := range d.Columns {
				rows = append(rows, []any{c.Name, c.Type})
			}
			grid(w, []string{"column", "type"}, rows)
			return nil
		},
	}
}

func tableSet(t *target) *cobra.Command {
	var plan, retention, total string
	var dry, def bool
	cmd := &cobra.Command{
		Use: "set NAME [--plan P] [--retention DAYS] [--total-retention DAYS]", Short: "Change the plan or retention of a table",
		Long: "Change how long a table's rows answer queries (--retention: 4 to 730 days in the Analytics plan, 30 in the others) and how\n" +
			"long they are kept at all (--total-retention: up to 4383 days). DAYS \"default\" goes back to the workspace's default.\n" +
			"What is past the first leaves ordinary queries and comes back when it is set longer. A shorter total retention begins to\n" +
			"count after 30 days. --dry-run tells what would go.",
		Example: "  vedette table set DeviceProcessEvents --retention 180 --total-retention 730\n  vedette table set DeviceEvents --plan Basic --dry-run\n  vedette table set --workspace-default --retention 120",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if def != (len(args) == 0) {
				return fmt.Errorf("%w: name a table, or give --workspace-default", errUsage)
			}
			body := map[string]any{"preview": dry}
			if plan != "" {
				body["plan"] = plan
			}
			for key, text := range map[string]string{"retentionDays": retention, "totalRetentionDays": total} {
				if text == "" {
					continue
				}
				v, err := daysOf(text)
				if err != nil {
					return err
				}
				body[key] = v
			}
			if len(body) == 1 {
				return fmt.Errorf("%w: nothing to change; give --plan, --retention or --total-retention", errUsage)
			}
			path := "/tables"
			if len(args) == 1 {
				path += "/" + url.PathEscape(args[0])
			}
			var out tableChanged
			if err := t.call(cmd.Context(), "PATCH", path, body, &out); err != nil {
				return err
			}
			if t.json {
				return t.printJSON(out)
			}
			out.print(t.env)
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&plan, "plan", "", "`PLAN`: Analytics, Basic or Auxiliary")
	f.StringVar(&retention, "retention", "", "`DAYS` that rows answer ordinary queries, or default")
	f.StringVar(&total, "total-retention", "", "`DAYS` that rows are kept in all, or default")
	f.BoolVar(&dry, "dry-run", false, "only tell what would change")
	f.BoolVar(&def, "workspace-default", false, "change the default of all tables that have no days of their own")
	return cmd
}

// daysOf reads a number of days; "default" is nil.
func daysOf(text string) (*int, error) {
	if text == "default" {
		return nil, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n <= 0 {
		return nil, fault.New(fault.Invalid, "days_invalid", "%q is no number of days; give a number such as 180, or default.", text)
	}
	return &n, nil
}

// tableChanged is the answer to a change.
type tableChanged struct {
	Name                  string        `json:"name"`
	Preview               bool          `json:"preview"`
	Plan                  string        `json:"plan"`
	RetentionDays         int           `json:"retentionDays"`
	RetentionDefault      bool          `json:"retentionDefault"`
	TotalRetentionDays    int           `json:"totalRetentionDays"`
	TotalRetentionDefault bool          `json:"totalRetentionDefault"`
	HeldDays              int           `json:"heldDays,omitempty"`
	HeldUntil             string        `json:"heldUntil,omitempty"`
	Frees                 changedAmount `json:"frees"`
	Cools                 changedAmount `json:"cools"`
	Warms                 changedAmount `json:"warms"`
}

type changedAmount struct {
	Rows  int64  `json:"rows"`
	Bytes int64  `json:"bytes"`
	From  string `json:"from,omitempty"`
	To    string `json:"to,omitempty"`
	At    string `json:"at,omitempty"`
}

func (c tableChanged) print(env *Env) {
	w, name, verb := env.Stdout, clean(c.Name), "has"
	if name == "" {
		name = "The workspace's default"
	}
	if c.Preview {
		verb = "would have"
	}
	fmt.Fprintf(w, "%s %s the %s plan, %d days interactive, %d days in total.\n", name, verb, c.Plan, c.RetentionDays, c.TotalRetentionDays)
	if c.HeldDays > 0 {
		fmt.Fprintf(w, "Until %s rows of up to %d days stay, because the total retention was shortened.\n", c.HeldUntil, c.HeldDays)
	}
	if c.Frees.Rows > 0 {
		fmt.Fprintf(w, "Deleted from %s on: %d rows, %s (%s to %s).\n", c.Frees.At, c.Frees.Rows, size(c.Frees.Bytes), c.Frees.From, c.Frees.To)
	}
	if c.Cools.Rows > 0 {
		fmt.Fprintf(w, "Out of ordinary queries, but kept: %d rows, %s.\n", c.Cools.Rows, size(c.Cools.Bytes))
	}
	if c.Warms.Rows > 0 {
		fmt.Fprintf(w, "Back in ordinary queries: %d rows, %s.\n", c.Warms.Rows, size(c.Warms.Bytes))
	}
}
