package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

func incidentComment(t *target) *cobra.Command {
	return &cobra.Command{
		Use: "comment NUMBER TEXT", Short: "Add a comment; it goes to the tenant too", Example: "  vedette incident comment 17 'called the user'", Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := number(args[0])
			if err != nil {
				return err
			}
			var out any
			if err := t.call(cmd.Context(), "POST", "/incidents/"+n+"/comments", map[string]string{"message": args[1]}, &out); err != nil {
				return err
			}
			if t.json {
				return t.printJSON(out)
			}
			fmt.Fprintln(t.env.Stdout, "Comment added.")
			return nil
		},
	}
}
