package cli

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
)

func incidentConflicts(t *target) *cobra.Command {
	var apply, keep string
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
			if apply == "" && keep == "" {
				return t.list(cmd, path, []string{"id", "incidentNumber", "field", "base", "local", "remote", "applied", "time", "settledBy", "note"})
			}
			if len(args) == 0 {
				return fmt.Errorf("%w: name the incident whose conflict it is: vedette incident conflicts NUMBER --apply ID", errUsage)
			}
			if keep != "" {
				return settleConflicts(cmd, t, path, keep, "keep")
			}
			return settleConflicts(cmd, t, path, apply, "apply")
		},
	}
	cmd.Flags().StringVar(&apply, "apply", "", "apply the other value of conflict `ID`, or of all that were not sent because of a merge")
	cmd.Flags().StringVar(&keep, "keep", "", "let conflict `ID` stand as it is, or all")
	cmd.MarkFlagsMutuallyExclusive("apply", "keep")
	return cmd
}

// settleConflicts applies or keeps one conflict by id. "all" applies every edit that a merge has kept from being sent, and
// keeps every conflict that nobody has seen to.
func settleConflicts(cmd *cobra.Command, t *target, path, which, verb string) error {
	ids, err := chosenConflicts(cmd, t, path, which, verb)
	if err != nil {
		return err
	}
	done := []any{}
	for _, id := range ids {
		var in map[string]any
		if err := t.call(cmd.Context(), "POST", fmt.Sprintf("%s/%d/%s", path, id, verb), nil, &in); err != nil {
			return err
		}
		done = append(done, in)
		if t.json {
			continue
		}
		if verb == "keep" {
			fmt.Fprintf(t.env.Stdout, "Conflict %d stands as it is.\n", id)
		} else {
			fmt.Fprintf(t.env.Stdout, "Conflict %d: the other value was applied to incident %v.\n", id, in["incidentNumber"])
		}
	}
	if t.json {
		return t.printJSON(done)
	}
	if len(ids) == 0 {
		fmt.Fprintln(t.env.Stdout, "Nothing is left to do.")
	}
	return nil
}

func chosenConflicts(cmd *cobra.Command, t *target, path, which, verb string) ([]int64, error) {
	if id, err := strconv.ParseInt(which, 10, 64); err == nil {
		return []int64{id}, nil
	}
	if which != "all" {
		return nil, fmt.Errorf("%w: --%s takes the id of a conflict or all, not %q", errUsage, verb, which)
	}
	var out struct {
		Items []struct {
			ID                     int64
			Note, Applied, Settled string
		}
	}
	if err := t.get(cmd.Context(), path, &out); err != nil {
		return nil, err
	}
	var ids []int64
	for _, c := range out.Items {
		if c.Settled == "" && (verb == "keep" || c.Note == "merged" && c.Applied == "remote") {
			ids = append(ids, c.ID)
		}
	}
	return ids, nil
}
