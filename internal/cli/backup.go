package cli

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/vedette-siem/vedette/internal/app"
	"github.com/vedette-siem/vedette/internal/backup/bucket"
	"github.com/vedette-siem/vedette/internal/fault"
)

// backupDone is what a backup did.
type backupDone struct {
	Path       string `json:"path"`
	Rows       int64  `json:"rows"`
	Parts      int    `json:"parts"`
	Bytes      int64  `json:"bytes"`
	Copied     int64  `json:"copied"`
	HeldMillis int64  `json:"heldMillis"`
	Removed    int    `json:"removed"`
}

func newBackup(env *Env) *cobra.Command {
	t := &target{env: env}
	var to, data string
	var keep int
	cmd := &cobra.Command{
		Use: "backup --to DEST", Short: "Back up the whole server while it runs",
		Long: "Copy everything a server holds, as it is at one moment, into a folder of its machine: tables, journal, state and keys. A further\n" +
			"backup into the same folder copies only what is new. Intake waits for the moment the state is copied; queries go on.\n" +
			"DEST may be a bucket: s3://bucket/prefix, or azure://account/container/prefix; the server signs in there by its environment (docs/store.md).\n" +
			"The configuration file is not part of it. A backup holds secrets: keep it as safe as the server.\n" +
			"With --data the server must not run.",
		Example: "  vedette backup --config vedette.yaml --to /backup/vedette --keep 14\n  vedette backup --config vedette.yaml --to s3://backups/vedette --keep 14\n  vedette backup --data ./data --to /backup/vedette",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dest := to
			var err error
			if !bucket.Remote(to) {
				if dest, err = filepath.Abs(to); err != nil {
					return err
				}
			}
			var out backupDone
			if data != "" {
				out, err = backupOffline(cmd.Context(), env, data, dest, keep)
			} else {
				c, cerr := t.client()
				if cerr != nil {
					return cerr
				}
				err = c.Do(cmd.Context(), "POST", "/api/backup", map[string]any{"to": dest, "keep": keep}, &out)
			}
			if err != nil {
				return err
			}
			if t.json {
				return t.printJSON(out)
			}
			fmt.Fprintf(env.Stdout, "%s: %d rows in %d files, %s; %s of them new. Intake waited %s.\n", out.Path, out.Rows, out.Parts, size(out.Bytes), size(out.Copied), time.Duration(out.HeldMillis)*time.Millisecond)
			if out.Removed > 0 {
				fmt.Fprintf(env.Stdout, "%d older backups were removed.\n", out.Removed)
			}
			return nil
		},
	}
	t.flags(cmd)
	cmd.Flags().StringVar(&to, "to", "", "`FOLDER` for backups, best on another disk, or bucket")
	cmd.Flags().StringVar(&data, "data", "", "data `DIR` of a server that is not running")
	cmd.Flags().IntVar(&keep, "keep", 0, "keep this many backups there and remove older ones; 0 keeps all")
	must(cmd.MarkFlagRequired("to"))
	return cmd
}

func backupOffline(ctx context.Context, env *Env, data, to string, keep int) (backupDone, error) {
	bar := &byteBar{env: env, what: "backing up"}
	log := slog.New(slog.NewTextHandler(env.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	res, removed, err := app.Backup(ctx, data, to, env.Version, keep, log, bar.progress)
	bar.end()
	return backupDone{res.Path, res.Rows, res.Parts, res.Bytes, res.Copied, res.Held.Milliseconds(), removed}, err
}

func newRestore(env *Env) *cobra.Command {
	var from, data string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "restore --from SRC --data DIR", Short: "Bring a backup back into a new data folder",
		Long: "Copy a backup, or the newest one of a folder of backups, into a data folder that is not there yet, and check every file. Parts of\n" +
			"the cold tier come into DIR/cold. A restore that was cut short leaves nothing behind but DIR.restoring; run it again.",
		Example: "  vedette restore --from /backup/vedette --data ./data", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			bar := &byteBar{env: env, what: "restoring"}
			taken, ix, rep, err := app.Restore(cmd.Context(), from, data, bar.progress)
			bar.end()
			if err != nil {
				return err
			}
			if n := len(rep.Problems); n > 0 {
				return fault.New(fault.Internal, "restore_damaged", "%s was restored, but %d files are not as they should be, the first: %s: %s.", data, n, rep.Problems[0].Path, rep.Problems[0].Reason)
			}
			if asJSON {
				return printJSON(env, map[string]any{"from": taken, "made": ix.Made, "rows": rep.Rows, "files": rep.Files, "missing": ix.Damaged})
			}
			fmt.Fprintf(env.Stdout, "%s is restored from %s, made %s: %d rows in %d files, all checked.\n", data, taken, ix.Made.Format(time.RFC3339), rep.Rows, rep.Files)
			if len(ix.Damaged) > 0 {
				fmt.Fprintf(env.Stdout, "%d files were damaged when the backup was made and are not in it.\n", len(ix.Damaged))
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "`FOLDER` or bucket of a backup, or of several (the newest is taken)")
	cmd.Flags().StringVar(&data, "data", "", "data `DIR` to make")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	must(cmd.MarkFlagRequired("from"))
	must(cmd.MarkFlagRequired("data"))
	return cmd
}

// byteBar shows on a terminal how many bytes of how many are done.
type byteBar struct {
	env  *Env
	what string
	bar  *progressbar.ProgressBar
}

func (b *byteBar) progress(done, total int64) {
	f, ok := b.env.Stderr.(*os.File)
	if !ok || !isatty.IsTerminal(f.Fd()) {
		return
	}
	if b.bar == nil {
		b.bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(f), progressbar.OptionSetDescription(b.what), progressbar.OptionShowBytes(true),
			progressbar.OptionSetPredictTime(true), progressbar.OptionThrottle(200*time.Millisecond), progressbar.OptionFullWidth(), progressbar.OptionClearOnFinish())
	}
	_ = b.bar.Set64(done) // a bar that cannot be drawn stops nothing
}

func (b *byteBar) end() {
	if b.bar != nil {
		_ = b.bar.Finish()
	}
}
