package cli

import (
	"fmt"
	"net/url"

	"github.com/spf13/cobra"
)

// tableJob is what a restore, a search job or a drop did.
type tableJob struct {
	Table   string `json:"table"`
	Rows    int64  `json:"rows"`
	Bytes   int64  `json:"bytes,omitempty"`
	Partial string `json:"partial,omitempty"`
}

func tableRestore(t *target) *cobra.Command {
	var from, to, as string
	cmd := &cobra.Command{
		Use: "restore NAME --from TIME --to TIME [--as NAME_RST]", Short: "Copy rows of a time, also old ones, into a table for queries",
		Long: "Copy the rows of a table between two times, also those past its interactive retention, into a table whose name ends in _RST\n" +
			"(NAME_RST by default). They answer ordinary queries there for 30 days, or until: vedette table drop NAME_RST.",
		Example: "  vedette table restore DeviceProcessEvents --from 2025-03-01 --to 2025-03-08", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.tableJob(cmd, "POST", "/tables/"+url.PathEscape(args[0])+"/restore", map[string]any{"from": from, "to": to, "as": as}, "%d rows are in %s.\n")
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "first `TIME`: 2025-03-01 or 2025-03-01T09:00:00Z")
	cmd.Flags().StringVar(&to, "to", "", "`TIME` that is no longer restored")
	cmd.Flags().StringVar(&as, "as", "", "`NAME` of the restored table; it ends in _RST")
	must(cmd.MarkFlagRequired("from"))
	must(cmd.MarkFlagRequired("to"))
	return cmd
}

func tableSearch(t *target) *cobra.Command {
	var from, to, text string
	var limit int64
	cmd := &cobra.Command{
		Use: "search NAME_SRCH --query KQL --from TIME --to TIME", Short: "Run a query over all that is kept and keep its result as a table",
		Long: "Run a query also over rows past their interactive retention, and store its result in a table whose name ends in _SRCH. It stays for\n" +
			"30 days, or until: vedette table drop NAME_SRCH.",
		Example: "  vedette table search Beacon_SRCH --from 2024-01-01 --to 2026-01-01 --query 'DeviceNetworkEvents | where RemoteUrl has \"evil.example\"'", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.tableJob(cmd, "POST", "/tables/"+url.PathEscape(args[0])+"/search", map[string]any{"query": text, "from": from, "to": to, "limit": limit}, "%d rows are in %s.\n")
		},
	}
	cmd.Flags().StringVar(&text, "query", "", "`KQL`")
	cmd.Flags().StringVar(&from, "from", "", "first `TIME`: 2025-03-01 or 2025-03-01T09:00:00Z")
	cmd.Flags().StringVar(&to, "to", "", "`TIME` that is no longer searched")
	cmd.Flags().Int64Var(&limit, "limit", 0, "keep so many rows at most; 0 is the server's limit")
	for _, f := range []string{"query", "from", "to"} {
		must(cmd.MarkFlagRequired(f))
	}
	return cmd
}

func tableDrop(t *target) *cobra.Command {
	return &cobra.Command{
		Use: "drop NAME", Short: "Remove a table of a search job or a restore", Example: "  vedette table drop DeviceProcessEvents_RST", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.tableJob(cmd, "DELETE", "/tables/"+url.PathEscape(args[0]), nil, "%d rows of %s were removed.\n")
		},
	}
}

func (t *target) tableJob(cmd *cobra.Command, method, path string, body any, done string) error {
	var out tableJob
	if err := t.call(cmd.Context(), method, path, body, &out); err != nil {
		return err
	}
	if t.json {
		return t.printJSON(out)
	}
	fmt.Fprintf(t.env.Stdout, done, out.Rows, clean(out.Table))
	if out.Partial != "" {
		fmt.Fprintln(t.env.Stdout, clean(out.Partial))
	}
	return nil
}
