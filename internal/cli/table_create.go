package cli

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"
)

func tableCreate(t *target) *cobra.Command {
	return &cobra.Command{
		Use: "create NAME COLUMN:TYPE...", Short: "Make a custom table, or add columns to a table",
		Long: "Make a table whose name ends in _CL, or add columns to a table that is there. Types are string, long, int, real, bool, datetime, timespan,\n" +
			"dynamic, guid and decimal; TimeGenerated is always there. A column keeps its type for good. A value that does not fit its column later is\n" +
			"kept in a column named after both, such as Port_string.",
		Example: "  vedette table create Vpn_CL User:string Address:string Bytes:long", Args: cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			var cols []map[string]string
			for _, a := range args[1:] {
				name, typ, ok := strings.Cut(a, ":")
				if !ok {
					return fmt.Errorf("%w: %q is no column; write COLUMN:TYPE, such as Bytes:long", errUsage, a)
				}
				cols = append(cols, map[string]string{"name": name, "type": typ})
			}
			var out struct {
				Name    string `json:"name"`
				Created bool   `json:"created"`
			}
			if err := t.call(cmd.Context(), "PUT", "/tables/"+url.PathEscape(args[0]), map[string]any{"columns": cols}, &out); err != nil {
				return err
			}
			if t.json {
				return t.printJSON(out)
			}
			if out.Created {
				fmt.Fprintf(t.env.Stdout, "Table %s is made.\n", clean(out.Name))
			} else {
				fmt.Fprintf(t.env.Stdout, "Table %s has these columns.\n", clean(out.Name))
			}
			return nil
		},
	}
}
