package cli

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
)

func incidentConflicts(t *target) *cobra.Command {
	var apply string
	cmd := &cobra.Command{
		Use: "conflicts [NUMBER]", Short: "Fields changed on both sides, with both values", Args: cobra.MaximumNArgs(1),
		Long: "Fields changed on both sides, with both values and which one stands. --apply makes the other value stand and sends it.\n" +
			"For edits that were not sent because the incident was merged, it makes them to the incident it was merged into.",
		Example: "  vedette incident conflicts\n  vedette incident conflicts 17 --apply 3\n  vedette incident conflicts 17 --apply all",
		RunE: func(cmd *cobra.Command, args []string) error {
			path := "/conflicts"
			if len(args) == 1 {
				n, err := number(args[0])
				if err != nil {
					return err
				}
				path = "/incidents/" + n + "/conflicts"
			}
			if apply == "" {
				return t.list(cmd, path, []string{"id", "incidentNumber", "field", "base", "local", "remote", "applied", "time", "note"})
			}
			if len(args) == 0 {
				return fmt.Errorf("%w: name the incident whose conflict to apply: vedette incident conflicts NUMBER --apply ID", errUsage)
			}
			return applyConflicts(cmd, t, path, apply)
		},
	}
	cmd.Flags().StringVar(&apply, "apply", "", "apply the other value of conflict `ID`, or of all that were not sent because of a merge")
	return cmd
}

// applyConflicts applies one conflict by id, or with "all" every edit that a merge has kept from being sent.
func applyConflicts(cmd *cobra.Command, t *target, path, which string) error {
	var ids []int64
	if id, err := strconv.ParseInt(which, 10, 64); err == nil {
		ids = append(ids, id)
	} else if which != "all" {
		return fmt.Errorf("%w: --apply takes the id of a conflict or all, not %q", errUsage, which)
	} else {
		var out struct {
			Items []struct {
				ID            int64
				Note, Applied string
			}
		}
		if err := t.get(cmd.Context(), path, &out); err != nil {
			return err
		}
		for _, c := range out.Items {
			if c.Note == "merged" && c.Applied == "remote" {
				ids = append(ids, c.ID)
			}
		}
	}
	applied := []any{}
	for _, id := range ids {
		var in map[string]any
		if err := t.call(cmd.Context(), "POST", fmt.Sprintf("%s/%d/apply", path, id), nil, &in); err != nil {
			return err
		}
		applied = append(applied, in)
		if !t.json {
			fmt.Fprintf(t.env.Stdout, "Conflict %d: the other value was applied to incident %v.\n", id, in["incidentNumber"])
		}
	}
	if t.json {
		return t.printJSON(applied)
	}
	if len(ids) == 0 {
		fmt.Fprintln(t.env.Stdout, "No edit waits to be applied.")
	}
	return nil
}
