package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/vedette-siem/vedette/internal/app"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/query"
)

// exporting is what both exports are told on the command line.
type exporting struct {
	*target
	from, to, format, out, data string
	perDay                      bool
}

// exported is what an export wrote.
type exported struct {
	File  string `json:"file"` // "-" is standard output
	Rows  int64  `json:"rows"`
	Bytes int64  `json:"bytes"`
}

func newExport(env *Env) *cobra.Command {
	x := &exporting{target: &target{env: env}}
	cmd := &cobra.Command{
		Use: "export", Short: "Write the rows of a table or a query to a file",
		Long: "Write rows to a file, without a limit: as Parquet, CSV, or NDJSON (an object a line, which vedette ingest reads back). The file gets its\n" +
			"name when it is whole. SentinelAudit records who exported what.",
	}
	x.flags(cmd)
	f := cmd.PersistentFlags()
	f.StringVar(&x.from, "from", "", "first `TIME` of TimeGenerated: 2026-03-01 or 2026-03-01T09:00:00Z")
	f.StringVar(&x.to, "to", "", "`TIME` that is no longer exported")
	f.StringVar(&x.format, "format", "parquet", "parquet, csv or ndjson")
	f.StringVarP(&x.out, "output", "o", ".", "`FILE` or folder to write to; - is standard output")
	f.BoolVar(&x.perDay, "per-day", false, "write a file for each day (UTC) from --from until --to, into the folder of -o; a day without rows has none")
	f.StringVar(&x.data, "data", "", "read the data `DIR` of a server that is not running")
	cmd.AddCommand(newExportTable(x), newExportQuery(x))
	return cmd
}

func newExportTable(x *exporting) *cobra.Command {
	return &cobra.Command{
		Use: "table NAME", Short: "Write the rows of a table, of all that is kept", Args: cobra.ExactArgs(1),
		Example: "  vedette export table DeviceProcessEvents --from 2026-03-01 --to 2026-04-01 --format parquet -o march.parquet\n" +
			"  vedette export table DeviceProcessEvents --from 2026-03-01 --to 2026-04-01 --per-day -o archive/",
		RunE: func(cmd *cobra.Command, args []string) error {
			return x.run(cmd.Context(), args[0], query.Export{Table: args[0]}, func(ctx context.Context, w io.Writer) (string, error) {
				q := url.Values{"format": {x.format}, "from": {x.from}, "to": {x.to}}
				c, prefix, err := x.workspace(ctx)
				if err != nil {
					return "", err
				}
				return c.Download(ctx, "GET", prefix+"/tables/"+url.PathEscape(args[0])+"/export?"+q.Encode(), nil, w, "Vedette-Rows")
			})
		},
	}
}

func newExportQuery(x *exporting) *cobra.Command {
	var engine string
	var cold bool
	cmd := &cobra.Command{
		Use: "query 'KQL'", Short: "Write the result of a query", Args: cobra.ExactArgs(1),
		Example: "  vedette export query 'DeviceNetworkEvents | where RemotePort == 445' --format csv -o smb.csv",
		RunE: func(cmd *cobra.Command, args []string) error {
			return x.run(cmd.Context(), "query", query.Export{Text: args[0], Engine: engine, Cold: cold}, func(ctx context.Context, w io.Writer) (string, error) {
				body := map[string]any{"query": args[0], "engine": engine, "cold": cold, "format": x.format, "from": x.from, "to": x.to}
				c, prefix, err := x.workspace(ctx)
				if err != nil {
					return "", err
				}
				return c.Download(ctx, "POST", prefix+"/export", body, w, "Vedette-Rows")
			})
		},
	}
	cmd.Flags().StringVar(&engine, "engine", "auto", "auto, go or duckdb")
	cmd.Flags().BoolVar(&cold, "cold", false, "also rows past their interactive retention")
	return cmd
}

// run writes what fetch, or with --data the export e, gives.
func (x *exporting) run(ctx context.Context, name string, e query.Export, fetch func(context.Context, io.Writer) (string, error)) error {
	if x.data != "" {
		fetch = func(ctx context.Context, w io.Writer) (string, error) { return x.offline(ctx, e, w) }
	}
	if x.perDay {
		return x.runDays(ctx, filepath.Base(name), fetch)
	}
	file := x.out
	if file != "-" {
		if st, err := os.Stat(file); err == nil && st.IsDir() || file[len(file)-1] == filepath.Separator {
			file = filepath.Join(file, filepath.Base(name)+"."+x.format)
		}
	}
	done, err := x.write(ctx, file, fetch)
	switch {
	case err != nil:
		return err
	case file == "-":
		fmt.Fprintf(x.env.Stderr, "%d rows, %s\n", done.Rows, size(done.Bytes))
		return nil
	case x.json:
		return x.printJSON(done)
	}
	fmt.Fprintf(x.env.Stdout, "%s: %d rows, %s\n", file, done.Rows, size(done.Bytes))
	return nil
}

// write lets fetch fill one file.
func (x *exporting) write(ctx context.Context, file string, fetch func(context.Context, io.Writer) (string, error)) (exported, error) {
	done := exported{File: file}
	bar := &countBar{env: x.env}
	end := ""
	err := writeWhole(file, x.env.Stdout, func(w io.Writer) (err error) {
		end, err = fetch(ctx, &counting{w: w, n: &done.Bytes, bar: bar})
		return err
	})
	bar.end()
	if err != nil {
		return done, err
	}
	if done.Rows, err = strconv.ParseInt(end, 10, 64); err != nil {
		return done, fmt.Errorf("reading the number of exported rows: %w", err)
	}
	return done, nil
}

func (x *exporting) offline(ctx context.Context, e query.Export, w io.Writer) (end string, err error) {
	off, err := app.OpenOffline(ctx, x.data, x.wsName)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, off.Close()) }()
	e.Workspace, e.Format = off.Workspace, x.format
	if e.Timespan, err = query.ParseTimes(x.from, x.to); err != nil {
		return "", err
	}
	n, err := off.Query.Export(ctx, e, w)
	return strconv.FormatInt(n, 10), err
}

// writeWhole lets write fill a file that gets its name when it is whole and on disk. After an error nothing is left.
func writeWhole(path string, stdout io.Writer, write func(io.Writer) error) (err error) {
	if path == "-" {
		return write(stdout)
	}
	unusable := func(err error) error {
		return fault.New(fault.Invalid, "file_unwritable", "%s cannot be written: %w.", path, err)
	}
	f, err := os.OpenFile(path+".part", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) //nolint:gosec // the user names the file
	if err != nil {
		return unusable(err)
	}
	if err = write(f); err == nil {
		if err = f.Sync(); err != nil {
			err = unusable(err)
		}
	}
	if cerr := f.Close(); err == nil && cerr != nil {
		err = unusable(cerr)
	}
	if err == nil {
		if err = os.Rename(path+".part", path); err != nil {
			err = unusable(err)
		}
	}
	if err != nil {
		_ = os.Remove(path + ".part") // what is left says by its name that it is not whole
	}
	return err
}

// counting counts bytes on their way.
type counting struct {
	w   io.Writer
	n   *int64
	bar *countBar
}

func (c *counting) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	*c.n += int64(n)
	c.bar.show(*c.n)
	return n, err
}

// countBar shows on a terminal how many bytes came, when nobody knows of how many.
type countBar struct {
	env *Env
	bar *progressbar.ProgressBar
}

func (b *countBar) show(n int64) {
	f, ok := b.env.Stderr.(*os.File)
	if !ok || !isatty.IsTerminal(f.Fd()) {
		return
	}
	if b.bar == nil {
		b.bar = progressbar.NewOptions64(-1, progressbar.OptionSetWriter(f), progressbar.OptionSetDescription("exporting"), progressbar.OptionShowBytes(true),
			progressbar.OptionThrottle(200*time.Millisecond), progressbar.OptionClearOnFinish())
	}
	_ = b.bar.Set64(n) // a bar that cannot be drawn stops nothing
}

func (b *countBar) end() {
	if b.bar != nil {
		_ = b.bar.Finish()
	}
}
