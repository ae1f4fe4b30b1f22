package cli

import (
	"fmt"
	"net/url"

	"github.com/spf13/cobra"
)

// tablePurge is what a purge would remove, or removed.
type tablePurge struct {
	Table   string `json:"table"`
	Where   string `json:"where"`
	Purged  bool   `json:"purged"`
	Rows    int64  `json:"rows"`
	From    string `json:"from,omitempty"`
	To      string `json:"to,omitempty"`
	Files   int    `json:"files"`
	Bytes   int64  `json:"bytes"`
	Confirm string `json:"confirm,omitempty"`
	Expires string `json:"expires,omitempty"`
}

func newTablePurge(t *target) *cobra.Command {
	var where, confirm string
	cmd := &cobra.Command{
		Use: "purge NAME --where KQL [--confirm TOKEN]", Short: "Remove rows of a table for good, in two steps",
		Long: "Remove the rows of a table, of all that is kept, for which a predicate is true. Without --confirm it only counts them, and prints the\n" +
			"command that removes just these: rows that come later stay. SentinelAudit records who purged what.",
		Example: "  vedette table purge DeviceLogonEvents --where 'AccountUpn =~ \"a.person@contoso.com\"'", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var out tablePurge
			body := map[string]any{"where": where}
			if confirm != "" {
				body["confirm"] = confirm
			}
			if err := t.call(cmd.Context(), "POST", "/tables/"+url.PathEscape(args[0])+"/purge", body, &out); err != nil {
				return err
			}
			if t.json {
				return t.printJSON(out)
			}
			switch name := clean(out.Table); {
			case out.Purged:
				fmt.Fprintf(t.env.Stdout, "%d rows of %s were purged.\n", out.Rows, name)
			case out.Rows == 0:
				fmt.Fprintf(t.env.Stdout, "No row of %s matches; there is nothing to purge.\n", name)
			default:
				fmt.Fprintf(t.env.Stdout, "%d rows of %s match, of %s to %s, in %d files (%d bytes) that would be written anew.\nNothing is removed yet. To remove these rows for good, until %s: the same command with --confirm %s\n",
					out.Rows, name, clean(out.From), clean(out.To), out.Files, out.Bytes, clean(out.Expires), clean(out.Confirm))
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&where, "where", "", "`KQL` condition over the columns of a row, as after where")
	cmd.Flags().StringVar(&confirm, "confirm", "", "`TOKEN` that the count printed; the rows are removed")
	must(cmd.MarkFlagRequired("where"))
	return cmd
}
