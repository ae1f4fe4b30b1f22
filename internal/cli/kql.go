package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/vedette-siem/vedette/internal/app"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/kql"
	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/query"
	"github.com/vedette-siem/vedette/internal/schema"
)

func newKQL(env *Env) *cobra.Command {
	cmd := &cobra.Command{Use: "kql", Short: "The language without a server: check, run, fmt, explain, test"}
	cmd.AddCommand(kqlCheck(env), kqlRun(env), kqlFmt(env), kqlExplain(env), kqlTest(env))
	return cmd
}

// queryLine is one line of input.
type queryLine struct {
	ID    json.RawMessage `json:"id"`
	Query string          `json:"query"`
}

// eachLine calls f with every line of NDJSON; a line that is not JSON becomes a query with an error of its own, so that
// one broken line never stops the rest. Answers are flushed when the input pauses or ends.
func eachLine(env *Env, f func(queryLine) (any, error)) error {
	in := bufio.NewReaderSize(env.Stdin, 1<<20)
	out := bufio.NewWriterSize(env.Stdout, 1<<16)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	for {
		line, err := in.ReadBytes('\n')
		if len(trimSpace(line)) > 0 {
			var q queryLine
			var answer any
			if bad := json.Unmarshal(line, &q); bad != nil {
				answer = map[string]any{"id": nil, "ok": false, "error": map[string]string{"code": "line_invalid", "message": "the line is not JSON with id and query: " + bad.Error()}}
			} else if answer, bad = f(q); bad != nil {
				return bad
			}
			if err := enc.Encode(answer); err != nil {
				return err
			}
		}
		if in.Buffered() == 0 || err != nil {
			if ferr := out.Flush(); ferr != nil {
				return ferr
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading queries: %w", err)
		}
	}
}

func kqlCheck(env *Env) *cobra.Command {
	var tables string
	cmd := &cobra.Command{
		Use: "check [--tables FILE] < in.jsonl", Short: "Parse and bind queries, one JSON object a line", Args: cobra.NoArgs,
		Example: `  echo '{"id":1,"query":"AlertInfo | count"}' | vedette kql check`,
		Long: "Reads {\"id\",\"query\"} lines and answers each with syntax (it parses), ok (it binds too), errors and columns.\n" +
			"Without --tables the built-in tables are known; FILE is {\"Table\":{\"Column\":\"type\"}}.",
		RunE: func(*cobra.Command, []string) error {
			cat, err := catalogue(tables)
			if err != nil {
				return err
			}
			return eachLine(env, func(q queryLine) (any, error) {
				r := kql.Check(q.Query, bind.Env{Catalog: cat})
				return struct {
					ID json.RawMessage `json:"id"`
					kql.CheckResult
				}{q.ID, r}, nil
			})
		},
	}
	cmd.Flags().StringVar(&tables, "tables", "", "known tables from `FILE`")
	return cmd
}

func catalogue(path string) (schema.Catalog, error) {
	if path == "" {
		return schema.Builtin(), nil
	}
	f, err := os.Open(path) //nolint:gosec // the user names the file
	if err != nil {
		return nil, fault.New(fault.NotFound, "file_missing", "opening the tables: %w", err)
	}
	defer f.Close()
	return kql.ReadTables(f)
}

func kqlRun(env *Env) *cobra.Command {
	var mode string
	cmd := &cobra.Command{
		Use: "run < in.jsonl", Short: "Run queries that bring their own data, one JSON object a line", Args: cobra.NoArgs,
		Example: `  echo '{"id":1,"query":"print x = 1 + 1"}' | vedette kql run`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			scratch, err := app.OpenScratch(cmd.Context())
			if err != nil {
				return err
			}
			err = eachLine(env, func(q queryLine) (any, error) {
				return runLine(cmd.Context(), scratch, q, mode)
			})
			return errors.Join(err, scratch.Close())
		},
	}
	cmd.Flags().StringVar(&mode, "engine", "auto", "auto, go or duckdb")
	return cmd
}

type runAnswer struct {
	ID    json.RawMessage   `json:"id"`
	OK    bool              `json:"ok"`
	Cols  []string          `json:"cols,omitempty"`
	Types []string          `json:"types,omitempty"`
	Rows  []json.RawMessage `json:"rows,omitempty"`
	Error any               `json:"error,omitempty"`
}

// runLine answers one query of kql run: its first table.
func runLine(ctx context.Context, s *app.Offline, q queryLine, mode string) (any, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	res, err := s.Query.Run(ctx, query.Request{Workspace: s.Workspace, Text: q.Query, Engine: mode, Timeout: time.Minute})
	if err != nil {
		out := runAnswer{ID: q.ID}
		var de *query.DiagnosticsError
		if errors.As(err, &de) {
			d, _ := de.First()
			out.Error = d
		} else {
			out.Error = map[string]string{"code": fault.CodeOf(err), "message": err.Error()}
		}
		return out, nil
	}
	if res.Partial != nil {
		return runAnswer{ID: q.ID, Error: map[string]string{"code": res.Partial.Code, "message": res.Partial.Msg}}, nil
	}
	out := struct {
		runAnswer
		Cols  []string          `json:"cols"`
		Types []string          `json:"types"`
		Rows  []json.RawMessage `json:"rows"`
	}{runAnswer: runAnswer{ID: q.ID, OK: true}, Cols: []string{}, Types: []string{}, Rows: []json.RawMessage{}}
	if len(res.Tables) > 0 {
		t := &res.Tables[0]
		for _, c := range t.Cols {
			out.Cols = append(out.Cols, c.Name)
			out.Types = append(out.Types, c.Type.String())
		}
		for _, b := range t.Batches {
			for i := range b.N {
				out.Rows = append(out.Rows, query.AppendRow(nil, b, i, query.DynamicJSON))
			}
		}
	}
	return out, nil
}

func kqlFmt(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "fmt [FILE]", Short: "Print a query in the standard layout", Args: cobra.MaximumNArgs(1),
		Example: "  echo 'T|where a==1|count' | vedette kql fmt",
		RunE: func(_ *cobra.Command, args []string) error {
			path := ""
			if len(args) == 1 {
				path = args[0]
			}
			r, done, err := openOrStdin(env, path)
			if err != nil {
				return err
			}
			defer done()
			raw, err := io.ReadAll(r)
			if err != nil {
				return fmt.Errorf("reading the query: %w", err)
			}
			tree, ds := syntax.Parse(string(raw))
			if ds.HasErrors() {
				return &query.DiagnosticsError{Text: string(raw), Diagnostics: ds}
			}
			fmt.Fprintln(env.Stdout, syntax.Print(tree))
			return nil
		},
	}
}

func kqlExplain(env *Env) *cobra.Command {
	t := &target{env: env}
	var analyze bool
	var engine, data string
	cmd := &cobra.Command{
		Use: "explain 'KQL'", Short: "Print the plan of a query and the named rules that changed it; with --analyze run it and tell rows and times", Args: cobra.ExactArgs(1),
		Example: "  vedette kql explain 'SecurityIncident | where ProviderName == \"Microsoft 365 Defender\" | count'\n" +
			"  vedette kql explain --analyze --data ./data 'DeviceProcessEvents | summarize count() by DeviceName'",
		RunE: func(cmd *cobra.Command, args []string) error {
			if analyze {
				return explainRun(cmd, t, args[0], engine, data)
			}
			q, ds := kql.Compile(args[0], bind.Env{Catalog: schema.Builtin(), Runnable: exec.Runnable})
			if ds.HasErrors() {
				return &query.DiagnosticsError{Text: args[0], Diagnostics: ds}
			}
			fmt.Fprint(env.Stdout, query.Describe(q))
			return nil
		},
	}
	t.flags(cmd)
	f := cmd.Flags()
	f.BoolVar(&analyze, "analyze", false, "run the query, and tell who ran each node, its rows and time, and the SQL")
	f.StringVar(&engine, "engine", "auto", "with --analyze: auto, go or duckdb")
	f.StringVar(&data, "data", "", "with --analyze: read the data `DIR` of a server that is not running")
	return cmd
}

// explainRun runs a query where the data is and prints what its nodes did.
func explainRun(cmd *cobra.Command, t *target, text, engine, data string) (err error) {
	if data != "" {
		off, err := app.OpenOffline(cmd.Context(), data, t.wsName)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, off.Close()) }()
		res, err := off.Query.Run(cmd.Context(), query.Request{Workspace: off.Workspace, Text: text, Engine: engine, Analyze: true})
		if err != nil {
			return err
		}
		fmt.Fprint(t.env.Stdout, res.Plan)
		return nil
	}
	c, prefix, err := t.workspace(cmd.Context())
	if err != nil {
		return err
	}
	var out struct{ Plan string }
	if err := c.Do(cmd.Context(), "POST", prefix+"/explain", map[string]any{"query": text, "analyze": true, "engine": engine}, &out); err != nil {
		return err
	}
	fmt.Fprint(t.env.Stdout, out.Plan)
	return nil
}
