package cli

import (
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

func newWatchlist(env *Env) *cobra.Command {
	t := &target{env: env}
	cmd := &cobra.Command{Use: "watchlist", Short: "Lists for queries, asked for by _GetWatchlist: create, list, show, update, delete, item"}
	t.flags(cmd)
	cmd.AddCommand(
		&cobra.Command{
			Use: "list", Short: "List the watchlists", Example: "  vedette watchlist list", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return t.list(cmd, "/watchlists", []string{"alias", "name", "searchKey", "items", "updated", "updatedBy"})
			},
		},
		watchlistShow(t), watchlistPut(t, true), watchlistPut(t, false), watchlistDelete(t), watchlistItem(t),
	)
	return cmd
}

func watchlistPath(alias string) string { return "/watchlists/" + url.PathEscape(alias) }

func watchlistPut(t *target, create bool) *cobra.Command {
	var name, description, provider, key, file string
	var skip int
	var replace bool
	cmd := &cobra.Command{
		Use: "create ALIAS --file FILE.csv --key COLUMN", Short: "Make a watchlist of a CSV file",
		Example: "  vedette watchlist create HighValueAssets --file assets.csv --key Hostname\n  vedette query '_GetWatchlist(\"HighValueAssets\") | take 5'",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			body := map[string]any{"name": name, "description": description, "provider": provider, "searchKey": key, "skipLines": skip, "replace": replace}
			if file != "" {
				in, done, err := openOrStdin(t.env, file)
				if err != nil {
					return err
				}
				defer done()
				raw, err := io.ReadAll(in)
				if err != nil {
					return fmt.Errorf("reading %s: %w", file, err)
				}
				body["content"], body["source"] = string(raw), filepath.Base(file)
			}
			if create {
				if t.getWatchlist(cmd, args[0]) == nil {
					return fmt.Errorf("%w: there is a watchlist %s already; change it with watchlist update", errUsage, args[0])
				}
			} else if err := t.getWatchlist(cmd, args[0]); err != nil {
				return err
			}
			return t.putWatchlist(cmd, args[0], body)
		},
	}
	f := cmd.Flags()
	f.StringVar(&name, "name", "", "the list's name; the alias when not given")
	f.StringVar(&description, "description", "", "what the list is for")
	f.StringVar(&provider, "provider", "", "who provides it")
	f.StringVar(&file, "file", "", "CSV `FILE` whose first line names the columns; - is standard input")
	f.IntVar(&skip, "skip-lines", 0, "lines before the headings")
	if create {
		f.StringVar(&key, "key", "", "the `COLUMN` by which queries join the list")
		must(cmd.MarkFlagRequired("file"))
		must(cmd.MarkFlagRequired("key"))
		return cmd
	}
	cmd.Use, cmd.Short = "update ALIAS", "Change a watchlist, or bring the items of a CSV file into it"
	cmd.Example = "  vedette watchlist update HighValueAssets --file assets.csv --replace\n  vedette watchlist update HighValueAssets --description 'Servers that hold customer data'"
	f.BoolVar(&replace, "replace", false, "remove the items that the file does not have")
	return cmd
}

// getWatchlist returns an error unless there is such a list.
func (t *target) getWatchlist(cmd *cobra.Command, alias string) error {
	var out any
	return t.get(cmd.Context(), watchlistPath(alias), &out)
}

func (t *target) putWatchlist(cmd *cobra.Command, alias string, body any) error {
	var out struct {
		Watchlist struct {
			Alias string `json:"alias"`
			Items int64  `json:"items"`
		} `json:"watchlist"`
		Problems []struct {
			Line    int    `json:"line"`
			Message string `json:"message"`
		} `json:"problems"`
	}
	if err := t.call(cmd.Context(), "PUT", watchlistPath(alias), body, &out); err != nil {
		return err
	}
	for _, p := range out.Problems {
		fmt.Fprintf(t.env.Stderr, "line %d is left out: %s\n", p.Line, clean(p.Message))
	}
	if t.json {
		return t.printJSON(out)
	}
	fmt.Fprintf(t.env.Stdout, "%s has %d items\n", clean(out.Watchlist.Alias), out.Watchlist.Items)
	return nil
}

func watchlistShow(t *target) *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use: "show ALIAS", Short: "Show the items of a watchlist", Example: "  vedette watchlist show HighValueAssets --limit 20", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var out struct {
				Items []struct {
					ID     string            `json:"id"`
					Values map[string]string `json:"values"`
				} `json:"items"`
				Total   int64    `json:"total"`
				Columns []string `json:"columns"`
			}
			if err := t.get(cmd.Context(), fmt.Sprintf("%s/items?limit=%d", watchlistPath(args[0]), limit), &out); err != nil {
				return err
			}
			if t.json {
				return t.printJSON(out)
			}
			rows := make([][]any, len(out.Items))
			for i, it := range out.Items {
				rows[i] = []any{it.ID}
				for _, c := range out.Columns {
					rows[i] = append(rows[i], clean(it.Values[c]))
				}
			}
			grid(t.env.Stdout, append([]string{"id"}, out.Columns...), rows)
			fmt.Fprintf(t.env.Stderr, "%d of %d items\n", len(out.Items), out.Total)
			return nil
		},
	}
	cmd.Flags().IntVar(&limit, "limit", 100, "at most so many items, 1000 at most")
	return cmd
}

func watchlistDelete(t *target) *cobra.Command {
	return &cobra.Command{
		Use: "delete ALIAS", Short: "Remove a watchlist with its items", Example: "  vedette watchlist delete HighValueAssets", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.call(cmd.Context(), "DELETE", watchlistPath(args[0]), nil, nil)
		},
	}
}

// watchlistItem has the commands about one item.
func watchlistItem(t *target) *cobra.Command {
	cmd := &cobra.Command{Use: "item", Short: "One item of a watchlist: add, update, delete"}
	put := func(method string, args []string, path string) func(cmd *cobra.Command) error {
		return func(cmd *cobra.Command) error {
			values := map[string]string{}
			for _, a := range args {
				k, v, ok := strings.Cut(a, "=")
				if !ok {
					return fmt.Errorf("%w: %q is not COLUMN=TEXT", errUsage, a)
				}
				values[k] = v
			}
			var out struct {
				ID string `json:"id"`
			}
			if err := t.call(cmd.Context(), method, path, map[string]any{"values": values}, &out); err != nil {
				return err
			}
			fmt.Fprintln(t.env.Stdout, out.ID)
			return nil
		}
	}
	cmd.AddCommand(
		&cobra.Command{
			Use: "add ALIAS COLUMN=TEXT...", Short: "Add an item", Example: "  vedette watchlist item add HighValueAssets Hostname=srv-9 Owner=Ana", Args: cobra.MinimumNArgs(2),
			RunE: func(cmd *cobra.Command, args []string) error {
				return put("POST", args[1:], watchlistPath(args[0])+"/items")(cmd)
			},
		},
		&cobra.Command{
			Use: "update ALIAS ID COLUMN=TEXT...", Short: "Replace the values of an item", Args: cobra.MinimumNArgs(3),
			Example: "  vedette watchlist item update HighValueAssets 6f1c2f0e-5a0e-4d4e-9a61-1b7f3f8f6d11 Hostname=srv-9 Owner=Ben",
			RunE: func(cmd *cobra.Command, args []string) error {
				return put("PUT", args[2:], watchlistPath(args[0])+"/items/"+url.PathEscape(args[1]))(cmd)
			},
		},
		&cobra.Command{
			Use: "delete ALIAS ID", Short: "Remove an item", Args: cobra.ExactArgs(2),
			Example: "  vedette watchlist item delete HighValueAssets 6f1c2f0e-5a0e-4d4e-9a61-1b7f3f8f6d11",
			RunE: func(cmd *cobra.Command, args []string) error {
				return t.call(cmd.Context(), "DELETE", watchlistPath(args[0])+"/items/"+url.PathEscape(args[1]), nil, nil)
			},
		},
	)
	return cmd
}
