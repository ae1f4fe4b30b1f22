package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

// incidentRefused is the command retry or revert.
func incidentRefused(t *target, verb string) *cobra.Command {
	short, done := "Send again what the tenant refused", "is sent again"
	if verb == "revert" {
		short, done = "Give up what the tenant refused, for its own value", "stands as the tenant has it"
	}
	return &cobra.Command{
		Use: verb + " NUMBER [FIELD]...", Short: short, Args: cobra.MinimumNArgs(1),
		Long:    short + ": the named fields (disposition, severity, owner, title, description, tags, comments), or all without names.",
		Example: "  vedette incident " + verb + " 17\n  vedette incident " + verb + " 17 owner",
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := number(args[0])
			if err != nil {
				return err
			}
			var out map[string]any
			if err := t.call(cmd.Context(), "POST", "/incidents/"+n+"/refused/"+verb, map[string][]string{"fields": args[1:]}, &out); err != nil {
				return err
			}
			if t.json {
				return t.printJSON(out)
			}
			fmt.Fprintf(t.env.Stdout, "Incident %s %s.\n", n, done)
			return nil
		},
	}
}
