package cli

import (
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/vedette-siem/vedette/internal/app"
	"github.com/vedette-siem/vedette/internal/config"
	"github.com/vedette-siem/vedette/internal/simtenant"
)

func newServe(env *Env) *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use: "serve --config FILE", Short: "Run the server", Example: "  vedette serve --config vedette.yaml", Args: cobra.NoArgs,
		Long: "Run the server until SIGINT or SIGTERM. Exit status 74 means that the disk refused a write: nothing after it\n" +
			"was acknowledged; mend the disk and start again.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			t := target{env: env, config: path}
			path, err := t.configPath()
			if err != nil {
				return err
			}
			c, err := config.Load(path, env.Getenv)
			if err != nil {
				return err
			}
			err = app.Serve(cmd.Context(), c, app.Options{
				Version: env.Version, Logger: slog.New(slog.NewTextHandler(env.Stderr, nil)),
				Ready: func(a app.Addresses) {
					fmt.Fprintf(env.Stdout, "Vedette answers at %s\n", a.URL)
					if a.Portal != "" {
						fmt.Fprintf(env.Stdout, "Portal on this machine: %s\n", a.Portal)
					}
				},
			})
			if app.IsStorageFailure(err) {
				return fmt.Errorf("%w: %w", ErrStorage, err)
			}
			return err
		},
	}
	cmd.Flags().StringVar(&path, "config", "", "configuration `FILE` (default $VEDETTE_CONFIG, ./vedette.yaml)")
	return cmd
}

func newSim(env *Env) *cobra.Command {
	var cfg simtenant.Config
	var size string
	cmd := &cobra.Command{
		Use: "sim --dir DIR", Short: "Run the simulated Defender XDR tenant alone", Example: "  vedette sim --dir ./sim --seed 7", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var ok bool
			if cfg.Size, ok = simtenant.Sizes()[size]; !ok {
				return fmt.Errorf("%w: there is no tenant of the size %q; use full or small", errUsage, size)
			}
			cfg.Logger = slog.New(slog.NewTextHandler(env.Stderr, nil))
			cfg.Ready = func(simtenant.Info) {
				fmt.Fprintf(env.Stdout, "The simulated tenant runs; addresses and secrets are in %s/sim.json\n", cfg.Dir)
			}
			return simtenant.Run(cmd.Context(), cfg)
		},
	}
	f := cmd.Flags()
	f.StringVar(&cfg.Dir, "dir", "", "`DIR` of the tenant's state; continued if it exists")
	f.StringVar(&cfg.Host, "listen", "127.0.0.1", "`HOST` to bind")
	f.Int64Var(&cfg.Seed, "seed", 1, "`N` decides names, stories and modes")
	f.Float64Var(&cfg.Speed, "speed", 1, "`X` compresses the gaps of stories and raises rates")
	f.StringVar(&size, "size", "full", "`SIZE` of a new tenant: full (300 people, 500 devices, 180 days of incidents) or small, for tests")
	must(cmd.MarkFlagRequired("dir"))
	return cmd
}

func newDemo(env *Env) *cobra.Command {
	var o app.DemoOptions
	cmd := &cobra.Command{
		Use: "demo", Short: "Run a simulated tenant and a workspace connected to it", Args: cobra.NoArgs,
		Example: "  vedette demo\n  vedette demo --dir /tmp/soc --speed 5\n  vedette demo --fresh",
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Stdout, o.Stderr = env.Stdout, env.Stderr
			return app.Demo(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Dir, "dir", "./demo", "`DIR` of everything the demo keeps; continued if it exists")
	f.StringVar(&o.Listen, "listen", "127.0.0.1:8443", "`ADDR` of the server")
	f.StringVar(&o.Portal, "portal", "127.0.0.1:8080", "`ADDR` of the portal on this machine, plain http")
	f.Int64Var(&o.Seed, "seed", 1, "`N` decides names, stories and modes of the tenant")
	f.Float64Var(&o.Speed, "speed", 1, "`X` compresses the gaps of stories and raises rates")
	f.StringVar(&o.Size, "size", "full", "`SIZE` of a new tenant: full or small")
	f.BoolVar(&o.Fresh, "fresh", false, "leave the workspace unconnected, to follow the article by hand")
	return cmd
}
