package cli

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"
)

func newRule(env *Env) *cobra.Command {
	t := &target{env: env}
	cmd := &cobra.Command{Use: "rule", Short: "Rules that make incidents of alerts: list, show, enable, disable"}
	t.flags(cmd)
	cmd.AddCommand(
		&cobra.Command{
			Use: "list", Short: "List the Microsoft incident creation rules, and the templates of installed solutions", Example: "  vedette rule list", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return t.list(cmd, "/rules", []string{"id", "name", "enabled", "template", "kind", "incidents"})
			},
		},
		&cobra.Command{
			Use: "show ID", Short: "Show a rule with its filters", Example: "  vedette rule show incidents-defender-endpoint", Args: cobra.ExactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error { return t.showRule(cmd, "GET", args[0], nil) },
		},
		ruleSwitch(t, "enable", "Turn a rule on, and choose which alerts it matches", true),
		ruleSwitch(t, "disable", "Turn a rule off", false),
	)
	return cmd
}

func ruleSwitch(t *target, verb, short string, on bool) *cobra.Command {
	var severities, names, excludes []string
	cmd := &cobra.Command{
		Use: verb + " ID", Short: short, Example: "  vedette rule " + verb + " incidents-defender-endpoint", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			body := map[string]any{"enabled": on}
			for flag, f := range map[string]struct {
				key  string
				list []string
			}{"severity": {"severitiesFilter", severities}, "name": {"displayNamesFilter", names}, "exclude": {"displayNamesExcludeFilter", excludes}} {
				if on && cmd.Flags().Changed(flag) {
					body[f.key] = f.list
				}
			}
			return t.showRule(cmd, "PATCH", args[0], body)
		},
	}
	if on {
		cmd.Example += "\n  vedette rule enable incidents-defender-cloud-apps --severity High,Medium --exclude 'Impossible travel'"
		f := cmd.Flags()
		f.StringSliceVar(&severities, "severity", nil, "only alerts of these `SEVERITIES`; '' is all")
		f.StringSliceVar(&names, "name", nil, "only alerts whose name contains one of the `TEXTS`; '' is all")
		f.StringSliceVar(&excludes, "exclude", nil, "no alerts whose name contains one of the `TEXTS`; '' is none")
	}
	return cmd
}

func (t *target) showRule(cmd *cobra.Command, method, id string, in any) error {
	path := "/rules/" + url.PathEscape(id)
	if t.json {
		var out any
		if err := t.call(cmd.Context(), method, path, in, &out); err != nil {
			return err
		}
		return t.printJSON(out)
	}
	var r struct {
		ID, Name, Description, Kind, ProductFilter, Severity, Query, ModifiedBy string
		Enabled, Template                                                       bool
		Incidents                                                               int64
		SeveritiesFilter, DisplayNamesFilter, DisplayNamesExcludeFilter         []string
	}
	if err := t.call(cmd.Context(), method, path, in, &r); err != nil {
		return err
	}
	w := t.env.Stdout
	state := map[bool]string{true: "on", false: "off"}[r.Enabled]
	if r.Template {
		state = "template"
	}
	fmt.Fprintf(w, "%s (%s): %s\n%s\n", clean(r.Name), r.ID, state, clean(r.Description))
	for _, l := range []struct {
		title string
		list  []string
	}{{"Product", []string{r.ProductFilter}}, {"Severities", r.SeveritiesFilter}, {"Name contains", r.DisplayNamesFilter}, {"Name does not contain", r.DisplayNamesExcludeFilter}, {"Severity", []string{r.Severity}}} {
		if text := strings.Join(l.list, ", "); text != "" {
			fmt.Fprintf(w, "%s: %s\n", l.title, clean(text))
		}
	}
	if r.Query != "" {
		fmt.Fprintf(w, "\n%s\n", r.Query)
		return nil
	}
	fmt.Fprintf(w, "Incidents made: %d\n", r.Incidents)
	return nil
}
