package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// uebaView is what the commands print of entity behavior.
type uebaView struct {
	Enabled     bool
	Directories []struct {
		ID, Title, State, Refused string
		Selected                  bool
		Sources                   []struct {
			Title, State, LastRead, Message string
			People                          int
		}
	}
	Prerequisites []struct{ ID, Title, State, Remedy string }
	Baselines     struct{ Message string }
}

func newUEBA(env *Env) *cobra.Command {
	t := &target{env: env}
	cmd := &cobra.Command{Use: "ueba", Short: "Entity behavior: whose people are followed in IdentityInfo"}
	t.flags(cmd)
	cmd.AddCommand(
		&cobra.Command{
			Use: "show", Short: "What is on, and what it needs", Example: "  vedette ueba show", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error { return t.showUEBA(cmd, "GET", nil) },
		},
		uebaSet(t),
	)
	return cmd
}

func uebaSet(t *target) *cobra.Command {
	var on, off bool
	var dirs string
	cmd := &cobra.Command{
		Use: "set", Short: "Turn entity behavior on or off, and choose directories", Args: cobra.NoArgs,
		Example: "  vedette ueba set --on --directory ActiveDirectory,AzureActiveDirectory\n  vedette ueba set --off",
		RunE: func(cmd *cobra.Command, _ []string) error {
			body := map[string]any{}
			switch {
			case on && off:
				return fmt.Errorf("%w: --on and --off exclude each other", errUsage)
			case on || off:
				body["enabled"] = on
			}
			if cmd.Flags().Changed("directory") {
				names := []string{}
				for n := range strings.SplitSeq(dirs, ",") {
					if n = strings.TrimSpace(n); n != "" {
						names = append(names, n)
					}
				}
				body["directories"] = names
			}
			if len(body) == 0 {
				return fmt.Errorf("%w: say what to set: --on, --off, or --directory", errUsage)
			}
			return t.showUEBA(cmd, "PUT", body)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&on, "on", false, "turn entity behavior on")
	f.BoolVar(&off, "off", false, "turn it off; what was received stays")
	f.StringVar(&dirs, "directory", "", "follow people of these `DIRECTORIES`: ActiveDirectory, AzureActiveDirectory, or both separated by a comma")
	return cmd
}

func (t *target) showUEBA(cmd *cobra.Command, method string, in any) error {
	if t.json {
		var out any
		if err := t.call(cmd.Context(), method, "/ueba", in, &out); err != nil {
			return err
		}
		return t.printJSON(out)
	}
	var v uebaView
	if err := t.call(cmd.Context(), method, "/ueba", in, &v); err != nil {
		return err
	}
	w := t.env.Stdout
	fmt.Fprintf(w, "Entity behavior: %s\n", map[bool]string{true: "on", false: "off"}[v.Enabled])
	for _, d := range v.Directories {
		fmt.Fprintf(w, "\n  [%s] %-28s %s\n", map[bool]string{true: "x", false: " "}[d.Selected], d.Title, d.State)
		if d.Refused != "" {
			fmt.Fprintf(w, "      cannot be turned on: %s\n", clean(d.Refused))
		}
		for _, s := range d.Sources {
			fmt.Fprintf(w, "      %s: %s, %d people", clean(s.Title), s.State, s.People)
			if s.LastRead != "" {
				fmt.Fprintf(w, ", read %s", s.LastRead)
			}
			fmt.Fprintln(w)
			if s.Message != "" {
				fmt.Fprintf(w, "      %s\n", clean(s.Message))
			}
		}
	}
	fmt.Fprintln(w)
	for _, p := range v.Prerequisites {
		fmt.Fprintf(w, "  %-8s %s\n", p.State, p.Title)
		if p.State != "met" && p.Remedy != "" {
			fmt.Fprintf(w, "           %s\n", clean(p.Remedy))
		}
	}
	if v.Baselines.Message != "" {
		fmt.Fprintf(w, "\n%s\n", v.Baselines.Message)
	}
	return nil
}
