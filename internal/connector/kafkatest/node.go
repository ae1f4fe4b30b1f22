package kafkatest

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// node is one broker. The shell that runs it kills it when its input ends, so that no broker outlives a test process.
type node struct {
	c       *Cluster
	id      int
	port    int
	control int // the controller's port

	cmd   *exec.Cmd
	stdin io.Closer
	done  chan struct{}
}

func (n *node) address() string { return address(n.port) }
func (n *node) dir() string     { return filepath.Join(n.c.dir, fmt.Sprintf("node%d", n.id)) }

var (
	// small keeps the virtual machine small, measured fast.
	small    = []string{"-Xms64m", "-Xmx192m", "-Xss512k", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:ReservedCodeCacheSize=48m", "-XX:MaxDirectMemorySize=64m"}
	measured = []string{"-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:MaxDirectMemorySize=256m"}
	both     = []string{"-Djava.awt.headless=true", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.showDateTime=true"}
)

func (n *node) props() string { return filepath.Join(n.dir(), "server.properties") }

func (n *node) start() {
	t := n.c.t
	t.Helper()
	props := n.props()
	must(t, os.MkdirAll(n.dir(), 0o700))
	must(t, os.WriteFile(props, []byte(n.properties()), 0o600))
	args := slices.Concat(small, both)
	if n.c.opts.Measured {
		args = slices.Concat(measured, both)
	}
	if n.c.opts.JWKS != "" {
		args = append(args, "-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=file://"+n.c.opts.JWKS)
	}
	args = append(args, "-cp", filepath.Join(n.c.jars, "*"))
	if _, err := os.Stat(filepath.Join(n.dir(), "logs", "meta.properties")); err != nil {
		format := exec.Command(n.c.java, append(args, "kafka.tools.StorageTool", "format", "-t", "MkU3OEVBNTcwNTJENDM2Qg", "-c", props)...)
		if out, err := format.CombinedOutput(); err != nil {
			t.Fatalf("formatting broker %d: %v: %s", n.id, err, out)
		}
	}
	log, err := os.OpenFile(filepath.Join(n.dir(), "broker.log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	must(t, err)
	defer log.Close()
	n.cmd = exec.Command("sh", append([]string{"-c", `"$@" & p=$!; (while kill -0 $p 2>/dev/null; do sleep 1; done; kill $$ 2>/dev/null) & cat >/dev/null; kill -9 $p; wait $p 2>/dev/null`, "broker", n.c.java}, append(args, "kafka.Kafka", props)...)...)
	n.cmd.Stdout, n.cmd.Stderr = log, log
	n.stdin, err = n.cmd.StdinPipe()
	must(t, err)
	must(t, n.cmd.Start())
	n.done = make(chan struct{})
	go func(cmd *exec.Cmd, done chan struct{}) {
		_ = cmd.Wait() // it is killed
		close(done)
	}(n.cmd, n.done)
}

func (n *node) kill() {
	if n.cmd == nil {
		return
	}
	_ = n.stdin.Close() // it may have ended
	<-n.done
	n.cmd = nil
	time.Sleep(10 * time.Millisecond) // its port
}

// ended reports whether a started broker is not running.
func (n *node) ended() bool {
	if n.cmd == nil {
		return false
	}
	select {
	case <-n.done:
		return true
	default:
		return false
	}
}

// log is the end of what the broker logged.
func (n *node) log() string {
	raw, err := os.ReadFile(filepath.Join(n.dir(), "broker.log"))
	if err != nil {
		return err.Error()
	}
	return string(raw[max(0, len(raw)-4000):])
}

func (n *node) properties() string {
	roles, listeners := "broker", "EH://"+n.address()
	if n.id == 1 {
		roles, listeners = "broker,controller", listeners+",CTRL://"+address(n.control)
	}
	mechanisms := "PLAIN"
	var tokens []string
	if n.c.opts.JWKS != "" {
		mechanisms += ",OAUTHBEARER"
		const p = "listener.name.eh.oauthbearer."
		tokens = []string{
			p + "sasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required ;",
			p + "sasl.server.callback.handler.class=org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler",
			p + "sasl.oauthbearer.jwks.endpoint.url=file://" + n.c.opts.JWKS,
			p + "sasl.oauthbearer.expected.audience=" + n.c.opts.Audience,
			p + "sasl.oauthbearer.expected.issuer=" + Issuer,
		}
		if n.c.opts.Session > 0 {
			tokens = append(tokens, fmt.Sprintf("%sconnections.max.reauth.ms=%d", p, n.c.opts.Session.Milliseconds()))
		}
	}
	lines := append([]string{
		"process.roles=" + roles,
		fmt.Sprintf("node.id=%d", n.id),
		"controller.quorum.voters=1@" + address(n.control),
		"controller.listener.names=CTRL",
		"listeners=" + listeners,
		"advertised.listeners=EH://" + n.address(),
		"listener.security.protocol.map=EH:SASL_SSL,CTRL:PLAINTEXT",
		"inter.broker.listener.name=EH",
		"sasl.mechanism.inter.broker.protocol=PLAIN",
		"sasl.enabled.mechanisms=" + mechanisms,
		"listener.name.eh.sasl.enabled.mechanisms=" + mechanisms,
		`listener.name.eh.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="broker" password="broker-secret" user_broker="broker-secret" user_$ConnectionString="` + ConnectionString + `";`,
		"ssl.keystore.type=PEM",
		"ssl.keystore.location=" + filepath.Join(n.c.dir, "keystore.pem"),
		"ssl.truststore.type=PEM",
		"ssl.truststore.location=" + n.c.CAFile(),
		"log.dirs=" + filepath.Join(n.dir(), "logs"),
		"log.retention.check.interval.ms=1000",
		"log.cleaner.backoff.ms=500",
		"log.cleaner.dedupe.buffer.size=2097152",
		"log.initial.task.delay.ms=1000",
		"offsets.topic.num.partitions=1",
		"offsets.topic.replication.factor=1",
		"transaction.state.log.num.partitions=1",
		"transaction.state.log.replication.factor=1",
		"transaction.state.log.min.isr=1",
		"share.coordinator.state.topic.num.partitions=1",
		"share.coordinator.state.topic.replication.factor=1",
		"share.coordinator.state.topic.min.isr=1",
		"group.initial.rebalance.delay.ms=0",
		"group.min.session.timeout.ms=1000",
		"message.max.bytes=40000000",
		"replica.fetch.max.bytes=40000000",
		"num.network.threads=1",
		"num.io.threads=2",
		"background.threads=1",
		"broker.session.timeout.ms=2000",
		"broker.heartbeat.interval.ms=500",
		"auto.create.topics.enable=false",
	}, tokens...)
	return strings.Join(lines, "\n") + "\n"
}
