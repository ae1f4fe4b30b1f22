package cli

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/vedette-siem/vedette/internal/app"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/ingest"
)

func newIngest(env *Env) *cobra.Command {
	var o app.IngestOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use: "ingest --data DIR PATH...", Short: "Store files of the Streaming API",
		Long: "Store files that the tenant's Streaming API wrote: JSON, a record or {\"records\":[...]} a line, or one document over many\n" +
			"lines; gzip too. Of a folder, all files that end in .json, .ndjson, .jsonl or .gz are taken. A content is stored once,\n" +
			"whatever its name; stopped in the middle, the same command goes on where it ended. Records that cannot be stored are\n" +
			"rows of DeadLetter_CL. The data folder's server must not run; a folder that is not there is made.",
		Example: "  vedette ingest --data ./data exports/\n  vedette ingest --data ./data --workspace soc insights-logs-advancedhunting/*.json.gz",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Paths = args
			o.Logger = slog.New(slog.NewTextHandler(env.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
			start := time.Now()
			bar := &ingestBar{env: env}
			o.Begin, o.Progress = bar.begin, bar.progress
			sum, err := app.Ingest(cmd.Context(), o)
			bar.end()
			switch {
			case app.IsStorageFailure(err):
				return fmt.Errorf("%w: %w", ErrStorage, err)
			case cmd.Context().Err() != nil:
				return fault.New(fault.Unavailable, "ingest_stopped", "Stopped. What was read so far is stored; the same command goes on from there.")
			case err != nil:
				return err
			}
			return printIngest(env, sum, time.Since(start), asJSON)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Dir, "data", "", "data `DIR` of a server that is not running")
	f.StringVar(&o.Workspace, "workspace", "", "workspace `NAME` or id (default: the only one; in a new folder, \"default\")")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	must(cmd.MarkFlagRequired("data"))
	return cmd
}

// ingestBar shows progress on a terminal.
type ingestBar struct {
	env   *Env
	bar   *progressbar.ProgressBar
	start time.Time
}

func (b *ingestBar) begin(files int, bytes int64) {
	f, ok := b.env.Stderr.(*os.File)
	if !ok || !isatty.IsTerminal(f.Fd()) {
		return
	}
	b.start = time.Now()
	b.bar = progressbar.NewOptions64(bytes, progressbar.OptionSetWriter(f), progressbar.OptionSetDescription(fmt.Sprintf("%d files", files)),
		progressbar.OptionShowBytes(true), progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionThrottle(200*time.Millisecond),
		progressbar.OptionFullWidth(), progressbar.OptionClearOnFinish())
}

func (b *ingestBar) progress(bytes, rows int64) {
	if b.bar == nil {
		return
	}
	b.bar.Describe(fmt.Sprintf("%d rows, %.0f rows/s", rows, float64(rows)/max(time.Since(b.start).Seconds(), 0.1)))
	_ = b.bar.Set64(bytes) // a bar that cannot be drawn stops nothing
}

func (b *ingestBar) end() {
	if b.bar != nil {
		_ = b.bar.Finish()
	}
}

// printIngest prints what became of the files. Files that could not be read make it fail.
func printIngest(env *Env, sum app.IngestSummary, took time.Duration, asJSON bool) error {
	type table struct {
		Name        string `json:"name"`
		Rows        int64  `json:"rows"`
		DeadLetters int64  `json:"deadLetters"`
		Duplicates  int64  `json:"duplicates"`
	}
	out := struct {
		Workspace   string   `json:"workspaceId"`
		Files       int      `json:"files"`
		Known       int      `json:"filesKnown"`
		Failed      []string `json:"filesFailed"`
		Rows        int64    `json:"rows"`
		DeadLetters int64    `json:"deadLetters"`
		Duplicates  int64    `json:"duplicates"` // stored before, from elsewhere
		Seconds     float64  `json:"seconds"`
		Tables      []table  `json:"tables"`
	}{Workspace: sum.Workspace, Files: len(sum.Files), Failed: []string{}, Seconds: took.Seconds(), Tables: []table{}}
	for _, f := range sum.Files {
		if f.Known {
			out.Known++
		}
	}
	for _, err := range sum.Failed {
		out.Failed = append(out.Failed, err.Error())
	}
	for _, name := range slices.Sorted(maps.Keys(sum.Tables)) {
		n := sum.Tables[name]
		out.Rows, out.DeadLetters, out.Duplicates = out.Rows+n.Rows, out.DeadLetters+n.Dead, out.Duplicates+n.Repeated
		out.Tables = append(out.Tables, table{name, n.Rows, n.Dead, n.Repeated})
	}
	if asJSON {
		if err := printJSON(env, out); err != nil {
			return err
		}
	} else {
		var rows [][]any
		for _, t := range out.Tables {
			rows = append(rows, []any{cmp.Or(t.Name, "(no table)"), t.Rows, t.DeadLetters})
		}
		if len(rows) > 0 {
			grid(env.Stdout, []string{"table", "rows", "dead letters"}, rows)
		}
		fmt.Fprintf(env.Stdout, "%d rows of %d files in %s (%.0f rows/s)", out.Rows, out.Files, took.Round(time.Millisecond), float64(out.Rows)/max(took.Seconds(), 0.001))
		if out.Known > 0 {
			fmt.Fprintf(env.Stdout, "; %d files were stored before", out.Known)
		}
		fmt.Fprintln(env.Stdout)
		if out.Duplicates > 0 {
			fmt.Fprintf(env.Stdout, "%d rows were left out: the same events were stored before, from a hub, a storage account or another file.\n", out.Duplicates)
		}
		if out.DeadLetters > 0 {
			fmt.Fprintf(env.Stdout, "%d records could not be stored; see: %s | where Source startswith \"file/\"\n", out.DeadLetters, ingest.DeadLetterTable)
		}
	}
	return errors.Join(sum.Failed...)
}
