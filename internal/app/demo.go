package app

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/vedette-siem/vedette/internal/auth"
	"github.com/vedette-siem/vedette/internal/client"
	"github.com/vedette-siem/vedette/internal/config"
	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/geoip"
)

// DemoOptions are the flags of `vedette demo`.
type DemoOptions struct {
	Dir, Listen, Portal string
	Seed                int64
	Speed               float64
	Size                string // of a new tenant: full or small
	Fresh               bool
	Stdout, Stderr      io.Writer
}

// simInfo is what the demo reads of sim.json.
type simInfo struct {
	Graph, Token, Kafka, Control, Portal string
	CAFile                               string `json:"caFile"`
	TenantID                             string `json:"tenantId"`
	ClientID                             string `json:"clientId"`
	ClientSecret                         string `json:"clientSecret"`
	Hubs                                 []string
	ConsumerGroup                        string `json:"consumerGroup"`
	ConnectionStringFile                 string `json:"connectionStringFile"`
	Administrator                        string // object id of a user
}

type demoPrincipal struct {
	Role         string `json:"role"`
	ClientID     string `json:"clientId"`
	ClientSecret string `json:"clientSecret"`
}

type demoUser struct {
	Name     string `json:"name"`
	Password string `json:"password"`
	Role     string `json:"role"`
}

// demoInfo is demo.json, for scripts and tests. Secrets in it exist for the demo only.
type demoInfo struct {
	URL            string          `json:"url"`
	CAFile         string          `json:"caFile"`
	ConfigFile     string          `json:"configFile"`
	TenantID       string          `json:"tenantId"`
	SubscriptionID string          `json:"subscriptionId"`
	ResourceGroup  string          `json:"resourceGroup"`
	WorkspaceName  string          `json:"workspaceName"`
	WorkspaceID    string          `json:"workspaceId"`
	Principals     []demoPrincipal `json:"principals"`
	Simulator      json.RawMessage `json:"simulator"`
	Users          []demoUser      `json:"users"`
}

// Demo runs a simulated tenant and a connected server as two child processes until ctx ends; they die with this process.
func Demo(ctx context.Context, o DemoOptions) error {
	// A child's parent-death signal is tied to the thread that started it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return err
	}
	for _, a := range []string{o.Listen, o.Portal} {
		if err := portFree(a); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "logs"), 0o700); err != nil {
		return fmt.Errorf("making the demo folder: %w", err)
	}
	d := &demo{DemoOptions: o, dir: dir, start: time.Now(), died: make(chan error, 2)}
	runCtx, stop := context.WithCancel(ctx)
	defer func() { stop(); d.wait() }()

	d.say("starting the simulated Defender XDR tenant (%s)", filepath.Join(o.Dir, "sim"))
	if err := d.child(runCtx, "sim", "sim", "--dir", filepath.Join(dir, "sim"), "--seed", strconv.FormatInt(o.Seed, 10), "--speed", strconv.FormatFloat(o.Speed, 'g', -1, 64), "--size", o.Size); err != nil {
		return err
	}
	sim, rawSim, err := d.simReady(runCtx)
	if err != nil {
		return err
	}
	cfgPath := filepath.Join(dir, "vedette.yaml")
	if err := d.writeConfig(cfgPath, sim); err != nil {
		return err
	}
	d.say("starting the server")
	if err := d.child(runCtx, "serve", "serve", "--config", cfgPath); err != nil {
		return err
	}
	cfg, err := config.Load(cfgPath, os.Getenv)
	if err != nil {
		return err
	}
	c := client.Socket(SocketPath(cfg.Data))
	if err := d.serverReady(runCtx, c); err != nil {
		return err
	}
	link, err := d.furnish(runCtx, c, cfg, cfgPath, rawSim)
	if err != nil {
		return err
	}
	fmt.Fprintf(o.Stdout, `
  Vedette is running.

    Portal (sign-in link, works once)   http://%s/signin?token=%s
    Simulated Defender portal           %s
    API over TLS                        https://%s  (authority: %s)

    Try in another terminal             %s query --config %s 'SecurityIncident | summarize count() by Status'
    Everything for scripts              %s

  Stop with Ctrl-C; start again in the same folder to continue.

`, o.Portal, link, sim.Portal, o.Listen, filepath.Join(o.Dir, "data", "pki", "ca.pem"), exe(), filepath.Join(o.Dir, "vedette.yaml"), filepath.Join(o.Dir, "demo.json"))
	select {
	case <-ctx.Done():
		d.say("stopping")
		return nil
	case err := <-d.died:
		return err
	}
}

type demo struct {
	DemoOptions
	dir   string
	start time.Time
	wg    sync.WaitGroup
	died  chan error
}

func (d *demo) say(format string, args ...any) {
	fmt.Fprintf(d.Stdout, "[%4.1fs] %s\n", time.Since(d.start).Seconds(), fmt.Sprintf(format, args...))
}

func (d *demo) wait() { d.wg.Wait() }

func exe() string {
	p, err := os.Executable()
	if err != nil {
		return "vedette"
	}
	if wd, err := os.Getwd(); err == nil {
		if r, err := filepath.Rel(wd, p); err == nil && len(r) < len(p) {
			return r
		}
	}
	return p
}

// portFree tells a taken address before anything is started. It waits a moment: a demo that was killed just now leaves its
// server a few milliseconds behind.
func portFree(addr string) error {
	deadline := time.Now().Add(3 * time.Second)
	for {
		var lc net.ListenConfig
		l, err := lc.Listen(context.Background(), "tcp", addr)
		if err == nil {
			return l.Close()
		}
		if time.Now().After(deadline) {
			return fault.New(fault.Conflict, "port_taken", "cannot listen on %s: %w. Stop what uses it, or choose another address with --listen and --portal", addr, err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// child starts one of our own commands, its output going to logs/NAME.log; when it ends by itself, died hears of it.
func (d *demo) child(ctx context.Context, name string, args ...string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	logPath := filepath.Join(d.dir, "logs", name+".log")
	logFile, err := os.OpenFile(logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600) //nolint:gosec // our own folder
	if err != nil {
		return fmt.Errorf("opening %s: %w", logPath, err)
	}
	cmd := exec.CommandContext(ctx, self, args...) //nolint:gosec // this program itself
	cmd.Stdout, cmd.Stderr = logFile, logFile
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	if err := cmd.Start(); err != nil {
		return errors.Join(fmt.Errorf("starting %s: %w", name, err), logFile.Close())
	}
	d.wg.Go(func() {
		err := cmd.Wait()
		logFile.Close()
		if ctx.Err() == nil {
			d.died <- fault.New(fault.Internal, "child_ended", "the %s process ended (%v); its last words in %s:\n%s", name, err, logPath, tail(logPath, 5))
		}
	})
	return nil
}

// tail returns the last n lines of a file.
func tail(path string, n int) string {
	f, err := os.Open(path) //nolint:gosec // our own log
	if err != nil {
		return ""
	}
	defer f.Close()
	var lines []string
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		lines = append(lines, "  "+sc.Text())
		if len(lines) > n {
			lines = lines[1:]
		}
	}
	out := ""
	for _, l := range lines {
		out += l + "\n"
	}
	return out
}

// until polls try every 50 ms until it returns nil, a child dies, or a minute is over.
func (d *demo) until(ctx context.Context, what string, try func() error) error {
	deadline := time.Now().Add(time.Minute)
	for {
		err := try()
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fault.New(fault.Unavailable, "demo_timeout", "%s took longer than a minute: %w", what, err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-d.died:
			return err
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// simReady waits until the tenant wrote sim.json in this run and its token endpoint listens.
func (d *demo) simReady(ctx context.Context) (sim simInfo, raw []byte, err error) {
	path := filepath.Join(d.dir, "sim", "sim.json")
	err = d.until(ctx, "starting the simulated tenant", func() error {
		if raw, err = os.ReadFile(path); err != nil { //nolint:gosec // our own folder
			return err
		}
		if err := json.Unmarshal(raw, &sim); err != nil {
			return err
		}
		return simAnswers(ctx, sim)
	})
	return sim, raw, err
}

// writeConfig writes the server's configuration for this tenant, keeping one that is there (people edit it).
func (d *demo) writeConfig(path string, sim simInfo) error {
	secret := filepath.Join(d.dir, "client-secret.txt")
	if err := os.WriteFile(secret, []byte(sim.ClientSecret), 0o600); err != nil {
		return fmt.Errorf("writing the client secret: %w", err)
	}
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	rel := func(p string) string {
		if r, err := filepath.Rel(d.dir, p); err == nil {
			return r
		}
		return p
	}
	if err := geoip.WriteDemo(filepath.Join(filepath.Dir(path), "geo.mmdb")); err != nil {
		return err
	}
	type m = map[string]any
	cfg := m{
		"listen": d.Listen, "portal": d.Portal, "data": "data",
		"query": m{"geoDatabase": "geo.mmdb"},
		"workspaces": []m{{
			"name": "soc", "resourceGroup": "soc",
			"tenant": m{
				"id": sim.TenantID, "cloud": "custom", "endpoints": m{"authority": sim.Token, "graph": sim.Graph}, "caFile": rel(sim.CAFile),
				"credential": m{"clientId": sim.ClientID, "clientSecretFile": rel(secret)},
			},
			"streaming": m{"eventHubs": []m{{
				"brokers": []string{sim.Kafka}, "hubs": sim.Hubs, "consumerGroup": sim.ConsumerGroup,
				"connectionStringFile": rel(sim.ConnectionStringFile), "caFile": rel(sim.CAFile),
			}}},
			// The simulated tenant is asked more often than a real one would stand.
			"incidents":  m{"pollInterval": "3s", "limits": m{"perMinute": 600, "perHour": 36000}},
			"identities": m{"pollInterval": "5s"},
		}},
	}
	raw, err := yaml.Marshal(cfg)
	if err != nil {
		return fmt.Errorf("encoding the configuration: %w", err)
	}
	return os.WriteFile(path, append([]byte("# Written by vedette demo; yours to edit.\n"), raw...), 0o600)
}

func (d *demo) serverReady(ctx context.Context, c *client.Client) error {
	return d.until(ctx, "starting the server", func() error { return c.Do(ctx, "GET", "/healthz", nil, nil) })
}

// furnish makes users, principals and the connection on the first start, writes demo.json, and returns a sign-in link.
func (d *demo) furnish(ctx context.Context, c *client.Client, cfg *config.Config, cfgPath string, rawSim []byte) (link string, err error) {
	path := filepath.Join(d.dir, "demo.json")
	var info demoInfo
	if raw, err := os.ReadFile(path); err == nil { //nolint:gosec // our own folder
		if err := json.Unmarshal(raw, &info); err != nil {
			return "", fault.New(fault.Invalid, "demo_json", "%s is not JSON; remove the demo folder to start anew: %w", path, err)
		}
	}
	var ses struct {
		Items []struct{ ID, Name, SubscriptionID, ResourceGroup string }
	}
	if err := c.Do(ctx, "GET", "/api/workspaces", nil, &ses); err != nil {
		return "", err
	}
	w := ses.Items[0]
	first := info.WorkspaceID == ""
	info.URL, info.CAFile, info.ConfigFile = "https://"+d.Listen, filepath.Join(cfg.Data, "pki", "ca.pem"), cfgPath
	info.TenantID, info.SubscriptionID, info.ResourceGroup = cfg.Workspaces[0].Tenant.ID, w.SubscriptionID, w.ResourceGroup
	info.WorkspaceName, info.WorkspaceID, info.Simulator = w.Name, w.ID, rawSim
	for _, r := range []auth.Role{auth.Reader, auth.Responder, auth.Contributor} {
		if len(info.Principals) == 3 {
			break
		}
		var p demoPrincipal
		if err := c.Do(ctx, "POST", "/api/principals", map[string]string{"name": "demo-" + string(r), "role": string(r)}, &p); err != nil {
			return "", err
		}
		p.Role = string(r)
		info.Principals = append(info.Principals, p)
	}
	if len(info.Users) == 0 {
		u := demoUser{Name: "demo", Password: auth.NewSecret()[:16], Role: string(auth.Owner)}
		if err := c.Do(ctx, "POST", "/api/users", map[string]string{"name": u.Name, "role": u.Role, "password": u.Password}, nil); err != nil {
			return "", err
		}
		var sim simInfo
		if err := json.Unmarshal(rawSim, &sim); err != nil {
			return "", fault.New(fault.Invalid, "sim_json", "what the simulated tenant says of itself is not JSON: %w", err)
		}
		if sim.Administrator != "" {
			person := map[string]string{"tenantId": info.TenantID, "objectId": sim.Administrator}
			if err := c.Do(ctx, "PUT", "/api/users/"+u.Name+"/tenant", person, nil); err != nil {
				return "", err
			}
		}
		info.Users = append(info.Users, u)
	}
	if first && !d.Fresh {
		d.say("connecting incidents, alerts and all tables")
		if err := c.Do(ctx, "POST", "/api/w/"+w.ID+"/connectors/defender-xdr/connect", map[string]any{"incidents": true, "turnOffIncidentRules": true, "tables": []string{"all"}}, nil); err != nil {
			return "", err
		}
		// The connector of Defender for Cloud stands in the gallery, off: its incidents say why they are empty.
		if err := c.Do(ctx, "POST", "/api/w/"+w.ID+"/content/defender-cloud/install", nil, nil); err != nil {
			return "", err
		}
		d.say("following people of Active Directory and Microsoft Entra ID")
		if err := c.Do(ctx, "PUT", "/api/w/"+w.ID+"/ueba", map[string]any{"enabled": true, "directories": []string{"ActiveDirectory", "AzureActiveDirectory"}}, nil); err != nil {
			return "", err
		}
	}
	raw, err := json.MarshalIndent(info, "", "  ")
	if err != nil {
		return "", fmt.Errorf("encoding demo.json: %w", err)
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		return "", fmt.Errorf("writing demo.json: %w", err)
	}
	var out struct{ Link, Token string }
	err = c.Do(ctx, "POST", "/api/users/"+info.Users[0].Name+"/link", nil, &out)
	return out.Token, err
}
