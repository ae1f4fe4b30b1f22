package cli

import "github.com/spf13/cobra"

func incidentHistory(t *target) *cobra.Command {
	return &cobra.Command{
		Use: "history NUMBER", Short: "Who changed what, on both sides", Example: "  vedette incident history 17", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := number(args[0])
			if err != nil {
				return err
			}
			return t.list(cmd, "/incidents/"+n+"/history", []string{"time", "origin", "actor", "kind", "field", "before", "after", "note"})
		},
	}
}
