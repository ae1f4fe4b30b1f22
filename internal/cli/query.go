package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/vedette-siem/vedette/internal/app"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/query"
)

func newQuery(env *Env) *cobra.Command {
	t := &target{env: env}
	var format, engine, timespan, data string
	var params map[string]string
	cmd := &cobra.Command{
		Use: "query [flags] 'KQL'", Short: "Run a KQL query",
		Example: "  vedette query 'SecurityIncident | where ProviderName == \"Microsoft 365 Defender\" | take 10'\n" +
			"  vedette query --format csv 'DeviceProcessEvents | summarize count() by DeviceName'\n" +
			"  vedette query --param h=12h 'declare query_parameters(h:timespan); AlertInfo | where Timestamp > ago(h)'\n" +
			"  echo 'AlertInfo | count' | vedette query -",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			text := args[0]
			if text == "-" {
				raw, err := io.ReadAll(env.Stdin)
				if err != nil {
					return fmt.Errorf("reading the query: %w", err)
				}
				text = string(raw)
			}
			if t.json && !cmd.Flags().Changed("format") {
				format = "json"
			}
			if !query.KnownFormat(format) && format != "table" {
				return fmt.Errorf("%w: format %q is not one of table, json, ndjson, csv, parquet", errUsage, format)
			}
			if data != "" {
				return queryOffline(cmd, env, data, t.wsName, query.Request{Text: text, Engine: engine, Parameters: params}, format, timespan)
			}
			wire := format
			if wire == "table" {
				wire = "api"
			}
			c, prefix, err := t.workspace(cmd.Context())
			if err != nil {
				return err
			}
			body, err := c.Open(cmd.Context(), "POST", prefix+"/query?format="+wire, map[string]any{"query": text, "engine": engine, "timespan": timespan, "parameters": params})
			if err != nil {
				return err
			}
			defer body.Close()
			if format == "table" {
				return printAPIResult(env, body)
			}
			_, err = io.Copy(env.Stdout, body)
			return err
		},
	}
	t.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&format, "format", "table", "table, json, ndjson, csv or parquet")
	f.StringVar(&engine, "engine", "auto", "auto, go or duckdb")
	f.StringVar(&timespan, "timespan", "", "only rows of this time, such as PT24H or 2026-01-01/2026-01-02")
	f.StringToStringVar(&params, "param", nil, "`NAME=VALUE` of a declared query parameter; may be repeated")
	f.StringVar(&data, "data", "", "read the data `DIR` of a server that is not running")
	return cmd
}

func queryOffline(cmd *cobra.Command, env *Env, dir, ws string, r query.Request, format, timespan string) (err error) {
	off, err := app.OpenOffline(cmd.Context(), dir, ws)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, off.Close()) }()
	span, err := query.ParseTimespan(timespan)
	if err != nil {
		return err
	}
	r.Workspace, r.Timespan = off.Workspace, span
	res, err := off.Query.Run(cmd.Context(), r)
	if err != nil {
		return err
	}
	if format == "table" {
		var buf bytes.Buffer
		if err := query.WriteAPI(&buf, res); err != nil {
			return err
		}
		return printAPIResult(env, &buf)
	}
	return query.Write(env.Stdout, res, format)
}

// printAPIResult prints every table of a result; a cut result is a warning on stderr and a failure.
func printAPIResult(env *Env, r io.Reader) error {
	var res struct {
		Tables []struct {
			Name    string
			Columns []struct{ Name, Type string }
			Rows    [][]json.RawMessage
		}
		Stats struct {
			Ms, Rows int64
			Engine   string
		}
		Notes []string
		Error *struct{ Code, Message string }
	}
	if err := json.NewDecoder(r).Decode(&res); err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	for i, t := range res.Tables {
		if i > 0 {
			fmt.Fprintln(env.Stdout)
		}
		head := make([]string, len(t.Columns))
		for k, c := range t.Columns {
			head[k] = c.Name
		}
		rows := make([][]any, len(t.Rows))
		for k, r := range t.Rows {
			rows[k] = make([]any, len(r))
			for j, cell := range r {
				rows[k][j] = cellText(cell)
			}
		}
		grid(env.Stdout, head, rows)
		fmt.Fprintf(env.Stderr, "%d rows in %d ms (%s)\n", len(t.Rows), res.Stats.Ms, res.Stats.Engine)
	}
	for _, n := range res.Notes {
		fmt.Fprintln(env.Stderr, "note: "+n)
	}
	if res.Error != nil {
		return fault.New(fault.TooLarge, res.Error.Code, "the result is not complete: %s", res.Error.Message)
	}
	return nil
}

func cellText(raw json.RawMessage) string {
	if string(raw) == "null" {
		return ""
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// openOrStdin opens a file argument, or stdin for "" and "-".
func openOrStdin(env *Env, path string) (io.Reader, func(), error) {
	if path == "" || path == "-" {
		return env.Stdin, func() {}, nil
	}
	f, err := os.Open(path) //nolint:gosec // the user names the file
	if err != nil {
		return nil, nil, fault.New(fault.NotFound, "file_missing", "opening %s: %w", path, err)
	}
	return f, func() { f.Close() }, nil
}
