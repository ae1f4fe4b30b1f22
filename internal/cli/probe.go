package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vedette-siem/vedette/internal/assume"
)

// connectorProbe tests the tenant through the server, which has its credential.
func connectorProbe(t *target) *cobra.Command {
	return &cobra.Command{
		Use: "probe [" + defenderXDR + "]", Short: "Test what Vedette takes for granted about the tenant; changes nothing there",
		Long: "Asks the connected tenant about thirty questions and prints how it answers, without its data. What differs from docs/assumptions.md\n" +
			"is worth a report. It may take minutes where the tenant's request limits are used up.",
		Example: "  vedette connector probe\n  vedette connector probe --json > probe.json", Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 && args[0] != defenderXDR {
				return fmt.Errorf("%w: only %s can be probed, not %q", errUsage, defenderXDR, args[0])
			}
			var rep assume.Report
			if err := t.call(cmd.Context(), "POST", "/connectors/"+defenderXDR+"/probe", nil, &rep); err != nil {
				return err
			}
			if t.json {
				return t.printJSON(rep)
			}
			printProbe(t.env, rep)
			return nil
		},
	}
}

func printProbe(env *Env, rep assume.Report) {
	w := env.Stdout
	fmt.Fprintf(w, "Tenant %s, %d requests in %.1f s, nothing was changed.\n", clean(rep.TenantID), rep.Requests, rep.Seconds)
	area := ""
	for _, f := range rep.Findings {
		if f.Area != area {
			area = f.Area
			fmt.Fprintf(w, "\n%s\n", area)
		}
		fmt.Fprintf(w, "  %-8s  %-20s %s\n", f.State, f.ID, f.Text)
		if f.Seen != "" {
			fmt.Fprintf(w, "  %s%s\n", strings.Repeat(" ", 31), clean(f.Seen))
		}
	}
	fmt.Fprintf(w, "\n%d hold, %d differ, %d are unclear, %d cannot be tested without a change.\n",
		rep.Counts[assume.Holds], rep.Counts[assume.Differs], rep.Counts[assume.Unclear], rep.Counts[assume.Untested])
}
