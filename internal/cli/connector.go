package cli

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

const defenderXDR = "defender-xdr"

// connectorView is what the commands print of a connector.
type connectorView struct {
	ID, Title, State, StateText, Message string
	Prerequisites, AppPermissions        []prerequisiteView
	Incidents                            *struct {
		Enabled  bool
		LastSync string
	}
	Components []struct{ Name, StateText string }
	Tables     []struct {
		Name               string
		Selected, Exported bool
		LastSeen           string
		Rows, Bytes        int64
		RetentionDays      int
		LagSeconds         float64
	}
	ExportGuide *struct {
		Path  string
		Needs string
	}
	IncidentRules struct{ Enabled, Total int }
	Health        []struct{ Component, Status, Description string }
}

type prerequisiteView struct{ ID, Title, State, Remedy, Command string }

func newConnector(env *Env) *cobra.Command {
	t := &target{env: env}
	cmd := &cobra.Command{Use: "connector", Short: "Data connectors: list, show, connect, disconnect, check, pause, resume"}
	t.flags(cmd)
	cmd.AddCommand(
		&cobra.Command{
			Use: "list", Short: "List the connectors", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return t.list(cmd, "/connectors", []string{"id", "title", "state", "lastData"})
			},
		},
		connectorShow(t, "show", "State, prerequisites, tables and health of a connector", "GET", ""),
		connectorShow(t, "check", "Check the prerequisites again, then show", "POST", "/check"),
		connectorHealth(t), connectorConnect(t), connectorDisconnect(t), connectorProbe(t),
		connectorStream(t, "pause", "Stop one stream until it is resumed; nothing is lost while its source holds it"),
		connectorStream(t, "resume", "Let a paused stream go on where it stopped"),
	)
	return cmd
}

// connectorID is the connector that was named, Defender XDR when none was.
func connectorID(args []string) string {
	if len(args) == 1 {
		return args[0]
	}
	return defenderXDR
}

func connectorShow(t *target, use, short, method, suffix string) *cobra.Command {
	return &cobra.Command{
		Use: use + " [ID]", Short: short, Example: "  vedette connector " + use + " " + defenderXDR, Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.showConnector(cmd, method, connectorID(args), suffix, nil)
		},
	}
}

func (t *target) showConnector(cmd *cobra.Command, method, id, suffix string, in any) error {
	path := "/connectors/" + url.PathEscape(id) + suffix
	if t.json {
		var out any
		if err := t.call(cmd.Context(), method, path, in, &out); err != nil {
			return err
		}
		return t.printJSON(out)
	}
	var v connectorView
	if err := t.call(cmd.Context(), method, path, in, &v); err != nil {
		return err
	}
	printConnector(t, v)
	return nil
}

func printConnector(t *target, v connectorView) {
	w := t.env.Stdout
	fmt.Fprintf(w, "%s: %s\n", v.Title, v.StateText)
	if v.Message != "" {
		fmt.Fprintln(w, v.Message)
	}
	if v.Incidents != nil {
		fmt.Fprintf(w, "\nIncidents and alerts: connected %v, last read %s\n", v.Incidents.Enabled, v.Incidents.LastSync)
	}
	fmt.Fprintf(w, "Microsoft incident creation rules: %d of %d on\n", v.IncidentRules.Enabled, v.IncidentRules.Total)
	for _, c := range v.Components {
		fmt.Fprintf(w, "  %-36s %s\n", c.Name, c.StateText)
	}
	printPrerequisites(t, "Prerequisites", v.Prerequisites)
	printPrerequisites(t, "Permissions of the app", v.AppPermissions)
	if len(v.Tables) > 0 {
		fmt.Fprintln(w)
		var rows [][]any
		for _, tb := range v.Tables {
			rows = append(rows, []any{mark(tb.Selected), mark(tb.Exported), tb.Name, tb.Rows, size(tb.Bytes), fmt.Sprintf("%d d", tb.RetentionDays), tb.LastSeen, time.Duration(tb.LagSeconds * float64(time.Second)).Round(time.Second)})
		}
		grid(w, []string{"ticked", "exported", "table", "rows", "size", "kept", "last seen", "lag"}, rows)
	}
	if v.ExportGuide != nil {
		fmt.Fprintf(w, "\nWhat the tenant sends is set there: %s\n%s\n", v.ExportGuide.Path, v.ExportGuide.Needs)
	}
	for _, h := range v.Health {
		if h.Status != "Success" {
			fmt.Fprintf(w, "\n%s: %s\n", h.Component, h.Description)
		}
	}
}

func printPrerequisites(t *target, title string, list []prerequisiteView) {
	if len(list) == 0 {
		return
	}
	w := t.env.Stdout
	fmt.Fprintf(w, "\n%s\n", title)
	words := map[string]string{"met": "met", "notMet": "not met", "unknown": "cannot be checked"}
	for _, p := range list {
		fmt.Fprintf(w, "  %-17s  %s\n", words[p.State], clean(p.Title))
		if p.State == "met" {
			continue
		}
		if p.Remedy != "" {
			fmt.Fprintf(w, "  %17s  %s\n", "", clean(p.Remedy))
		}
		if p.Command != "" {
			fmt.Fprintf(w, "  %17s  %s\n", "", clean(p.Command))
		}
	}
}

func mark(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

func connectorConnect(t *target) *cobra.Command {
	var incidents, keepRules bool
	var tables string
	cmd := &cobra.Command{
		Use: "connect ID", Short: "Connect a connector and install its solution; of Defender XDR each flag adds its part", Args: cobra.ExactArgs(1),
		Example: "  vedette connector connect defender-xdr --incidents --tables all\n  vedette connector connect defender-xdr --tables DeviceProcessEvents,EmailEvents",
		RunE: func(cmd *cobra.Command, args []string) error {
			body := map[string]any{}
			if incidents {
				body["incidents"], body["turnOffIncidentRules"] = true, !keepRules
			}
			if tables != "" {
				body["tables"] = strings.Split(tables, ",")
			}
			if len(body) == 0 && args[0] == defenderXDR {
				return fmt.Errorf("%w: name what to connect: --incidents, --tables all, or --tables A,B", errUsage)
			}
			return t.showConnector(cmd, "POST", args[0], "/connect", body)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&incidents, "incidents", false, "connect incidents and alerts")
	f.BoolVar(&keepRules, "keep-incident-rules", false, "leave Microsoft incident creation rules on")
	f.StringVar(&tables, "tables", "", "connect `TABLES`: all, or names separated by commas")
	return cmd
}

func connectorStream(t *target, use, short string) *cobra.Command {
	return &cobra.Command{
		Use: use + " " + defenderXDR + " STREAM", Short: short, Args: cobra.ExactArgs(2),
		Example: "  vedette connector " + use + " defender-xdr events/insights-logs-advancedhunting",
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.showConnector(cmd, "POST", args[0], "/"+use, map[string]any{"stream": args[1]})
		},
	}
}

func connectorDisconnect(t *target) *cobra.Command {
	var incidents bool
	var tables string
	cmd := &cobra.Command{
		Use: "disconnect " + defenderXDR, Short: "Disconnect; what was received stays", Args: cobra.ExactArgs(1),
		Example: "  vedette connector disconnect defender-xdr\n  vedette connector disconnect defender-xdr --tables DeviceEvents",
		RunE: func(cmd *cobra.Command, args []string) error {
			body := map[string]any{}
			if incidents {
				body["incidents"] = true
			}
			if tables != "" {
				body["tables"] = strings.Split(tables, ",")
			}
			return t.showConnector(cmd, "POST", args[0], "/disconnect", body)
		},
	}
	cmd.Flags().BoolVar(&incidents, "incidents", false, "only incidents and alerts")
	cmd.Flags().StringVar(&tables, "tables", "", "only these `TABLES`")
	return cmd
}
