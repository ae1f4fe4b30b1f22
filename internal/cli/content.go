package cli

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"
)

// contentView is what the commands print of a solution.
type contentView struct {
	ID, ContentID, Title, Description, Version, Message string
	Installed, UpdateAvailable                          bool
	InstalledVersion, InstalledBy, InstalledAt          string
	Connectors                                          []struct{ ID, Title, State string }
	AnalyticsRules                                      []struct{ ID, Title, Severity string }
	HuntingQueries, Workbooks                           []struct{ ID, Title string }
	Functions                                           []struct{ Name, Parameters, Description string }
}

func newContent(env *Env) *cobra.Command {
	t := &target{env: env}
	cmd := &cobra.Command{Use: "content", Short: "Content hub: solutions with connectors, rules, hunting queries, workbooks and functions"}
	t.flags(cmd)
	cmd.AddCommand(
		&cobra.Command{
			Use: "list", Short: "List the solutions", Example: "  vedette content list", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return t.list(cmd, "/content", []string{"id", "title", "version", "installed", "installedVersion"})
			},
		},
		contentCommand(t, "show ID", "Show what a solution brings", "GET", ""),
		contentCommand(t, "install ID", "Install a solution, or bring it up to date", "POST", "/install"),
		contentCommand(t, "remove ID", "Remove a solution; its connector must be disconnected first", "DELETE", ""),
	)
	return cmd
}

func contentCommand(t *target, use, short, method, suffix string) *cobra.Command {
	verb, _, _ := strings.Cut(use, " ")
	return &cobra.Command{
		Use: use, Short: short, Example: "  vedette content " + verb + " defender-xdr", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			path := "/content/" + url.PathEscape(args[0]) + suffix
			if t.json {
				var out any
				if err := t.call(cmd.Context(), method, path, nil, &out); err != nil {
					return err
				}
				return t.printJSON(out)
			}
			var v contentView
			if err := t.call(cmd.Context(), method, path, nil, &v); err != nil {
				return err
			}
			if method != "GET" {
				fmt.Fprintln(t.env.Stdout, v.Message)
				return nil
			}
			printContent(t, v)
			return nil
		},
	}
}

func printContent(t *target, v contentView) {
	w := t.env.Stdout
	state := "not installed; install it with: vedette content install " + v.ID
	if v.Installed {
		state = "installed " + v.InstalledVersion + " by " + clean(v.InstalledBy) + " at " + v.InstalledAt
	}
	fmt.Fprintf(w, "%s %s (%s)\n%s\n%s\n", v.Title, v.Version, v.ContentID, v.Description, state)
	for _, c := range v.Connectors {
		fmt.Fprintf(w, "\nData connector %s: %s (%s)\n", c.ID, c.Title, c.State)
	}
	section := func(title string, n int, line func(i int) string) {
		if n == 0 {
			return
		}
		fmt.Fprintf(w, "\n%s\n", title)
		for i := range n {
			fmt.Fprintln(w, "  "+line(i))
		}
	}
	section("Analytics rule templates", len(v.AnalyticsRules), func(i int) string { r := v.AnalyticsRules[i]; return fmt.Sprintf("%-8s %s", r.Severity, r.Title) })
	section("Hunting queries", len(v.HuntingQueries), func(i int) string { return v.HuntingQueries[i].Title })
	section("Workbooks", len(v.Workbooks), func(i int) string { return v.Workbooks[i].Title })
	section("Functions", len(v.Functions), func(i int) string {
		f := v.Functions[i]
		return fmt.Sprintf("%s(%s)  %s", f.Name, f.Parameters, f.Description)
	})
}
