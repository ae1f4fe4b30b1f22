package cli

import (
	"fmt"
	"os"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/vedette-siem/vedette/internal/app"
	"github.com/vedette-siem/vedette/internal/fault"
)

func newVerify(env *Env) *cobra.Command {
	var dir string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "verify --data DIR", Short: "Check every file of a data folder",
		Long: "Read every part, journal segment and the state database of a data folder whose server is not running, and name the files\n" +
			"that are damaged, missing, set aside or in no list. Nothing is changed. Exits with 1 when there is any.\n" +
			"A running server does the same in the background, once a week, and sets damaged files aside by itself.",
		Example: "  vedette verify --data ./data", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			start := time.Now()
			var bar *progressbar.ProgressBar
			progress := func(done, total int) {
				f, ok := env.Stderr.(*os.File)
				if bar == nil && ok && isatty.IsTerminal(f.Fd()) && time.Since(start) > time.Second {
					bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(f), progressbar.OptionSetDescription("files"), progressbar.OptionShowCount(),
						progressbar.OptionSetPredictTime(true), progressbar.OptionThrottle(200*time.Millisecond), progressbar.OptionClearOnFinish())
				}
				if bar != nil {
					_ = bar.Set(done) // a bar that cannot be drawn stops nothing
				}
			}
			rep, err := app.Verify(cmd.Context(), dir, progress)
			if bar != nil {
				_ = bar.Finish()
			}
			if err != nil {
				return err
			}
			type problem struct {
				Path   string `json:"path"`
				Reason string `json:"reason"`
			}
			out := struct {
				Files    int       `json:"files"`
				Rows     int64     `json:"rows"`
				Frames   int       `json:"journalFrames"`
				Torn     int64     `json:"tornBytes"`
				Problems []problem `json:"problems"`
			}{rep.Files, rep.Rows, rep.Frames, rep.Torn, []problem{}}
			for _, p := range rep.Problems {
				out.Problems = append(out.Problems, problem(p))
			}
			if asJSON {
				if err := printJSON(env, out); err != nil {
					return err
				}
			} else {
				for _, p := range rep.Problems {
					fmt.Fprintf(env.Stdout, "%s: %s\n", clean(p.Path), clean(p.Reason))
				}
				fmt.Fprintf(env.Stdout, "%d files and %d journal frames with %d rows read in %s\n", rep.Files, rep.Frames, rep.Rows, time.Since(start).Round(time.Millisecond))
			}
			if n := len(rep.Problems); n > 0 {
				return fault.New(fault.Internal, "files_damaged", "%d files of %s are not as they should be. Restore them from a backup, or start the server: it sets damaged ones aside and records what is lost.", n, dir)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&dir, "data", "", "data `DIR` of a server that is not running")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	must(cmd.MarkFlagRequired("data"))
	return cmd
}
