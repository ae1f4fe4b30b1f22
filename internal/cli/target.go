package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/vedette-siem/vedette/internal/app"
	"github.com/vedette-siem/vedette/internal/client"
	"github.com/vedette-siem/vedette/internal/config"
	"github.com/vedette-siem/vedette/internal/fault"
)

// target is where a command goes: the operator's socket of a configuration, or a URL with the token of `vedette login`.
type target struct {
	env                 *Env
	config, url, wsName string
	json                bool
}

// flags adds the target's flags to a command.
func (t *target) flags(cmd *cobra.Command) {
	f := cmd.PersistentFlags()
	f.StringVar(&t.config, "config", "", "configuration `FILE` of this machine's server (default $VEDETTE_CONFIG, ./vedette.yaml, ./demo/vedette.yaml)")
	f.StringVar(&t.url, "url", "", "`URL` of a server elsewhere; sign in first with: vedette login")
	f.StringVar(&t.wsName, "workspace", "", "workspace `NAME` or id (default: the only one)")
	f.BoolVar(&t.json, "json", false, "print JSON")
}

// configPath finds the configuration by the documented order.
func (t *target) configPath() (string, error) {
	if t.config != "" {
		return t.config, nil
	}
	if p := t.env.Getenv("VEDETTE_CONFIG"); p != "" {
		return p, nil
	}
	for _, p := range []string{"vedette.yaml", filepath.Join("demo", "vedette.yaml")} {
		if _, err := os.Stat(p); err == nil {
			return p, nil
		}
	}
	return "", fault.New(fault.Invalid, "no_target", "no server named: use --config FILE or --url URL, or start one here with: vedette demo")
}

// client returns a client of the target.
func (t *target) client() (*client.Client, error) {
	if t.url != "" {
		l, err := loadLogin(t.env, t.url)
		if err != nil {
			return nil, err
		}
		return client.URL(t.url, l.Token, l.CAFile)
	}
	path, err := t.configPath()
	if err != nil {
		return nil, err
	}
	c, err := config.Load(path, t.env.Getenv)
	if err != nil {
		return nil, err
	}
	return client.Socket(app.SocketPath(c.Data)), nil
}

// workspace returns a client and the API prefix of the chosen workspace, "/api/w/<id>".
func (t *target) workspace(ctx context.Context) (*client.Client, string, error) {
	c, err := t.client()
	if err != nil {
		return nil, "", err
	}
	if t.wsName != "" {
		return c, "/api/w/" + url.PathEscape(t.wsName), nil
	}
	var s struct {
		Workspaces []struct{ ID, Name string }
	}
	if err := c.Do(ctx, "GET", "/api/session", nil, &s); err != nil {
		return nil, "", err
	}
	if len(s.Workspaces) != 1 {
		names := make([]string, 0, len(s.Workspaces))
		for _, w := range s.Workspaces {
			names = append(names, w.Name)
		}
		return nil, "", fault.New(fault.Invalid, "workspace_needed", "this server has the workspaces %v; name one with --workspace", names)
	}
	return c, "/api/w/" + url.PathEscape(s.Workspaces[0].ID), nil
}

// get fetches path of the workspace into out.
func (t *target) get(ctx context.Context, path string, out any) error {
	return t.call(ctx, "GET", path, nil, out)
}

func (t *target) call(ctx context.Context, method, path string, in, out any) error {
	c, prefix, err := t.workspace(ctx)
	if err != nil {
		return err
	}
	return c.Do(ctx, method, prefix+path, in, out)
}

// printJSON writes indented JSON and a newline.
func (t *target) printJSON(v any) error { return printJSON(t.env, v) }

func printJSON(env *Env, v any) error {
	e := json.NewEncoder(env.Stdout)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// login is what `vedette login` keeps per server.
type login struct {
	Token   string    `json:"token"`
	Expires time.Time `json:"expires"`
	CAFile  string    `json:"caFile,omitempty"`
}

func loginFile(env *Env) string {
	base := env.Getenv("XDG_CONFIG_HOME")
	if base == "" {
		base = filepath.Join(env.Getenv("HOME"), ".config")
	}
	return filepath.Join(base, "vedette", "logins.json")
}

func readLogins(env *Env) (map[string]login, error) {
	all := map[string]login{}
	raw, err := os.ReadFile(loginFile(env))
	if os.IsNotExist(err) {
		return all, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading logins: %w", err)
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, fault.New(fault.Invalid, "logins_broken", "%s is not JSON; remove it and sign in again with: vedette login", loginFile(env))
	}
	return all, nil
}

func loadLogin(env *Env, base string) (login, error) {
	all, err := readLogins(env)
	if err != nil {
		return login{}, err
	}
	l, ok := all[base]
	if !ok || time.Now().After(l.Expires) {
		return login{}, fault.New(fault.Unauthenticated, "login_needed", "not signed in at %s (or the token expired); run: vedette login --url %s", base, base)
	}
	return l, nil
}

func newLogin(env *Env) *cobra.Command {
	var base, ca, id, secretFile, tenant string
	cmd := &cobra.Command{
		Use: "login --url URL --client-id ID --client-secret-file FILE", Short: "Get a token for a server elsewhere and keep it for other commands",
		Example: "  vedette login --url https://soc.example:8443 --client-id 6f6b... --client-secret-file secret.txt --ca-file ca.pem",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			secret, err := os.ReadFile(secretFile)
			if err != nil {
				return fault.New(fault.Invalid, "secret_file", "reading the client secret: %w", err)
			}
			token, exp, err := client.Token(cmd.Context(), base, ca, tenant, id, string(trimSpace(secret)))
			if err != nil {
				return err
			}
			all, err := readLogins(env)
			if err != nil {
				return err
			}
			if ca != "" {
				if ca, err = filepath.Abs(ca); err != nil {
					return err
				}
			}
			all[base] = login{Token: token, Expires: exp, CAFile: ca}
			raw, err := json.MarshalIndent(all, "", "  ")
			if err != nil {
				return err
			}
			if err := os.MkdirAll(filepath.Dir(loginFile(env)), 0o700); err != nil {
				return err
			}
			if err := os.WriteFile(loginFile(env), raw, 0o600); err != nil {
				return err
			}
			fmt.Fprintf(env.Stdout, "Signed in at %s until %s.\n", base, exp.Local().Format(time.Kitchen))
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&base, "url", "", "`URL` of the server, https://host:port")
	f.StringVar(&ca, "ca-file", "", "PEM `FILE` of the authority that signed the server's certificate")
	f.StringVar(&id, "client-id", "", "client `ID` that 'vedette principal add' printed")
	f.StringVar(&secretFile, "client-secret-file", "", "`FILE` holding the client secret")
	f.StringVar(&tenant, "tenant", "adfs", "tenant `ID` of the authority")
	for _, name := range []string{"url", "client-id", "client-secret-file"} {
		must(cmd.MarkFlagRequired(name))
	}
	return cmd
}

func must(err error) {
	if err != nil {
		panic(err) // a flag of ours is misspelt: found by every test
	}
}
