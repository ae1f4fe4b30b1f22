package cli

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql/unit"
)

func kqlTest(env *Env) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "test FILE...", Short: "Run tests of queries: given tables, a query, the rows it must give", Args: cobra.MinimumNArgs(1),
		Example: "  vedette kql test docs/examples/kql-tests/*.yaml",
		Long: "Each FILE is YAML with tables, queries and the rows they must give; docs/kql-tests.md describes it. No server is needed.\n" +
			"The exit code is 1 when a test fails or a file cannot be read.",
		RunE: func(cmd *cobra.Command, paths []string) error {
			passed, failed := 0, 0
			enc := json.NewEncoder(env.Stdout)
			enc.SetEscapeHTML(false)
			for _, path := range paths {
				f, err := unit.Load(path)
				outcomes := []unit.Outcome{{Problem: fmt.Sprint(err)}}
				if err == nil {
					outcomes = f.Run(cmd.Context())
				}
				for _, o := range outcomes {
					if passed++; !o.Passed {
						passed--
						failed++
					}
					if asJSON {
						if err := enc.Encode(struct {
							File string `json:"file"`
							unit.Outcome
						}{path, o}); err != nil {
							return err
						}
						continue
					}
					word := "ok    "
					if !o.Passed {
						word = "FAILED"
					}
					fmt.Fprintf(env.Stdout, "%s %s: %s (%s)\n", word, path, o.Name, o.Elapsed.Round(time.Millisecond))
					if !o.Passed {
						fmt.Fprintf(env.Stdout, "  %s\n", o.Problem)
					}
				}
			}
			if failed > 0 {
				return fault.New(fault.Invalid, "tests_failed", "%d of %d tests failed", failed, passed+failed)
			}
			if !asJSON {
				fmt.Fprintf(env.Stdout, "%d tests passed\n", passed)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a test")
	return cmd
}
