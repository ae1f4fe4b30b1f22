// Package cli is the command tree of vedette: one file per noun. Commands talk to a running server through client, to
// the language directly, or, for serve, demo and sim, to app.
//
// Nothing here reads os.Args or the environment itself: everything comes in through Env, so that tests run commands in
// process.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vedette-siem/vedette/internal/app"
	"github.com/vedette-siem/vedette/internal/fault"
)

// Env is the outside world of one command.
type Env struct {
	Args    []string // without the program's name
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	Getenv  func(string) string
	Version string
}

// Exit codes. They do not change.
const (
	ExitOK      = 0
	ExitFailed  = 1
	ExitUsage   = 2
	ExitStorage = 74
	ExitRetry   = 75
)

// ErrStorage marks a failed fsync: the process must end with ExitStorage and must not try again.
var ErrStorage = errors.New("storage failed")

// errUsage marks a wrong command line.
var errUsage = errors.New("usage")

// Run executes one command and returns its exit code.
func Run(ctx context.Context, env Env) int {
	root := newRoot(&env)
	root.SetArgs(env.Args)
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return ExitOK
	}
	fmt.Fprintln(env.Stderr, "vedette: "+strings.TrimSpace(err.Error()))
	code := exitCode(err)
	if code == ExitUsage {
		fmt.Fprintf(env.Stderr, "See '%s --help'.\n", cmd.CommandPath())
	}
	return code
}

func exitCode(err error) int {
	switch {
	case errors.Is(err, ErrStorage), app.IsStorageFailure(err):
		return ExitStorage
	case errors.Is(err, errUsage):
		return ExitUsage
	case fault.Retryable(err):
		return ExitRetry
	}
	// cobra reports its own complaints about the command line as plain errors.
	for _, p := range []string{"unknown command", "unknown flag", "unknown shorthand", "accepts ", "requires ", "invalid argument", "flag needs", "required flag"} {
		if strings.HasPrefix(err.Error(), p) {
			return ExitUsage
		}
	}
	return ExitFailed
}

func newRoot(env *Env) *cobra.Command {
	root := &cobra.Command{
		Use:   "vedette",
		Short: "Security workspace for a Microsoft Defender XDR tenant",
		Long: "Vedette keeps every incident, alert and hunting event of a Microsoft Defender XDR tenant in tables you own,\n" +
			"holds incidents in step with the Defender portal, and answers KQL.\n\nStart with: vedette demo",
		SilenceUsage: true, SilenceErrors: true, Version: env.Version,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.AddCommand(
		newDemo(env), newServe(env), newSim(env),
		newQuery(env), newKQL(env), newIngest(env), newExport(env), newVerify(env), newBackup(env), newRestore(env), newDeadLetter(env), newCompleteness(env), newBackfill(env), newSnapshot(env), newRaw(env),
		newContent(env), newConnector(env), newRule(env), newWatchlist(env), newIncident(env), newTable(env), newUEBA(env),
		newUser(env), newPrincipal(env), newLogin(env), newHealth(env),
	)
	return root
}
