package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/vedette-siem/vedette/internal/fault"
)

const defenderXDR = "defender-xdr"

// connectorView is what the commands print of the connector.
type connectorView struct {
	State, Message string
	Prerequisites  []struct{ ID, Title, State, Remedy string }
	Incidents      struct {
		Enabled    bool
		LastSync   string
		LagSeconds float64
	}
	Tables []struct {
		Name               string
		Selected, Exported bool
		LastSeen           string
		Rows               int64
		LagSeconds         float64
	}
	Health []struct{ Component, Status, Description string }
}

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
		connectorHealth(t), connectorConnect(t), connectorDisconnect(t),
		connectorStream(t, "pause", "Stop one stream until it is resumed; nothing is lost while its source holds it"),
		connectorStream(t, "resume", "Let a paused stream go on where it stopped"),
	)
	return cmd
}

func connectorID(args []string) error {
	if len(args) == 1 && args[0] != defenderXDR {
		return fault.New(fault.NotFound, "connector_not_found", "there is no connector %q; there is %s", args[0], defenderXDR)
	}
	return nil
}

func connectorShow(t *target, use, short, method, suffix string) *cobra.Command {
	return &cobra.Command{
		Use: use + " [" + defenderXDR + "]", Short: short, Example: "  vedette connector " + use + " " + defenderXDR, Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := connectorID(args); err != nil {
				return err
			}
			return t.showConnector(cmd, method, suffix, nil)
		},
	}
}

func (t *target) showConnector(cmd *cobra.Command, method, suffix string, in any) error {
	path := "/connectors/" + defenderXDR + suffix
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
	w := t.env.Stdout
	fmt.Fprintf(w, "Microsoft Defender XDR: %s\n", v.State)
	if v.Message != "" {
		fmt.Fprintln(w, v.Message)
	}
	fmt.Fprintf(w, "\nIncidents and alerts: connected %v, last read %s\n\nPrerequisites\n", v.Incidents.Enabled, v.Incidents.LastSync)
	for _, p := range v.Prerequisites {
		fmt.Fprintf(w, "  %-8s %s", p.State, p.Title)
		if p.State != "met" && p.Remedy != "" {
			fmt.Fprintf(w, "\n           %s", p.Remedy)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w)
	var rows [][]any
	for _, tb := range v.Tables {
		rows = append(rows, []any{mark(tb.Selected), mark(tb.Exported), tb.Name, tb.Rows, tb.LastSeen, time.Duration(tb.LagSeconds * float64(time.Second)).Round(time.Second)})
	}
	grid(w, []string{"connected", "exported", "table", "rows", "last seen", "lag"}, rows)
	for _, h := range v.Health {
		if h.Status != "Success" {
			fmt.Fprintf(w, "\n%s: %s\n", h.Component, h.Description)
		}
	}
	return nil
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
		Use: "connect " + defenderXDR, Short: "Connect incidents, tables, or both; each flag adds its part", Args: cobra.ExactArgs(1),
		Example: "  vedette connector connect defender-xdr --incidents --tables all\n  vedette connector connect defender-xdr --tables DeviceProcessEvents,EmailEvents",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := connectorID(args); err != nil {
				return err
			}
			body := map[string]any{}
			if incidents {
				body["incidents"], body["turnOffIncidentRules"] = true, !keepRules
			}
			if tables != "" {
				body["tables"] = strings.Split(tables, ",")
			}
			if len(body) == 0 {
				return fmt.Errorf("%w: name what to connect: --incidents, --tables all, or --tables A,B", errUsage)
			}
			return t.showConnector(cmd, "POST", "/connect", body)
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
			if err := connectorID(args[:1]); err != nil {
				return err
			}
			return t.showConnector(cmd, "POST", "/"+use, map[string]any{"stream": args[1]})
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
			if err := connectorID(args); err != nil {
				return err
			}
			body := map[string]any{}
			if incidents {
				body["incidents"] = true
			}
			if tables != "" {
				body["tables"] = strings.Split(tables, ",")
			}
			return t.showConnector(cmd, "POST", "/disconnect", body)
		},
	}
	cmd.Flags().BoolVar(&incidents, "incidents", false, "only incidents and alerts")
	cmd.Flags().StringVar(&tables, "tables", "", "only these `TABLES`")
	return cmd
}
