package simtenant

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"
)

// event is a record of the hub as a consumer reads it.
type event struct {
	Category   string          `json:"category"`
	Time       time.Time       `json:"time"`
	Received   time.Time       `json:"_TimeReceivedBySvc"`
	TenantID   string          `json:"tenantId"`
	Operation  string          `json:"operationName"`
	Tenant     string          `json:"Tenant"`
	Properties json.RawMessage `json:"properties"`
	partition  int32
	offset     int64
}

func (s *sim) kafka(opts ...kgo.Opt) *kgo.Client {
	s.t.Helper()
	conn, err := os.ReadFile(s.ConnectionStringFile)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.kafkaAs(string(conn), opts...)
}

// kafkaAs is kafka with a password of the caller's choice.
func (s *sim) kafkaAs(password string, opts ...kgo.Opt) *kgo.Client {
	s.t.Helper()
	ca, err := os.ReadFile(s.CAFile)
	if err != nil {
		s.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	c, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(s.Kafka), kgo.DialTLSConfig(&tls.Config{RootCAs: pool}), kgo.SASL(plain.Auth{User: "$ConnectionString", Pass: password}.AsMechanism())}, opts...)...)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// consume reads the whole hub as an ordinary consumer does.
func (s *sim) consume() (events []event, messages int) {
	s.t.Helper()
	c := s.kafka(kgo.ConsumeTopics(s.Hubs[0]), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	defer c.Close()
	ends, err := kadm.NewClient(c).ListEndOffsets(s.t.Context(), s.Hubs[0])
	if err != nil {
		s.t.Fatal(err)
	}
	left := int64(0)
	ends.Each(func(o kadm.ListedOffset) { left += o.Offset })
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	for left > 0 {
		f := c.PollFetches(ctx)
		if err := ctx.Err(); err != nil {
			s.t.Fatalf("%d messages not read: %v", left, f.Err())
		}
		f.EachRecord(func(r *kgo.Record) {
			left--
			messages++
			var m struct {
				Records []event `json:"records"`
			}
			if err := json.Unmarshal(r.Value, &m); err != nil {
				s.t.Fatalf("message %d/%d: %v", r.Partition, r.Offset, err)
			}
			for _, e := range m.Records {
				e.partition, e.offset = r.Partition, r.Offset
				events = append(events, e)
			}
		})
	}
	return events, messages
}

// kindOf names a JSON value as the observations do.
func kindOf(raw json.RawMessage) string {
	switch raw[0] {
	case 'n':
		return "null"
	case 't', 'f':
		return "bool"
	case '[':
		return "array"
	case '{':
		return "object"
	case '"':
		var s string
		if json.Unmarshal(raw, &s) == nil && s != "" && (s[0] == '{' || s[0] == '[') && json.Valid([]byte(s)) {
			return "json-string"
		}
		return "string"
	}
	if bytes.ContainsAny(raw, ".eE") {
		return "float"
	}
	return "int"
}

func TestRecordsLookLikeTheObservedOnes(t *testing.T) {
	t.Parallel()
	var observed struct {
		Tables map[string]map[string]string `json:"tables"`
	}
	reference(t, "streaming-observed-types.json", &observed)
	var schema map[string][][2]string
	reference(t, "schemas-advancedhunting.json", &schema)
	s := start(t, small(t.TempDir()))
	s.truth(2000)
	events, messages := s.consume()
	if len(events) < 2*messages {
		t.Errorf("%d events in %d messages, want several in each", len(events), messages)
	}
	seen := map[string]int{}
	bad := map[string]bool{}
	guid := regexp.MustCompile(`^[0-9a-f]{8}-`)
	for _, e := range events {
		table := strings.TrimPrefix(e.Category, "AdvancedHunting-")
		seen[table]++
		if e.Operation != "Publish" || e.Tenant != "DefaultTenant" || !guid.MatchString(e.TenantID) || e.Time.Before(e.Received) {
			t.Fatalf("envelope %+v", e)
		}
		var props map[string]json.RawMessage
		if err := json.Unmarshal(e.Properties, &props); err != nil {
			t.Fatal(err)
		}
		for name := range observed.Tables[table] {
			if _, ok := props[name]; !ok && !(name == "ISP" && props["Isp"] != nil) {
				bad[table+"."+name+" is missing"] = true
			}
		}
		for name, raw := range props {
			if name == "Isp" {
				name = "ISP"
			}
			kind := kindOf(raw)
			if !fits(kind, observed.Tables[table][name], schemaType(schema[table], name)) {
				bad[table+"."+name+" is "+kind+", observed "+observed.Tables[table][name]] = true
			}
		}
	}
	for b := range bad {
		t.Error(b)
	}
	if len(seen) != 21 {
		t.Errorf("%d tables, want 21: %v", len(seen), seen)
	}
}

func schemaType(cols [][2]string, name string) string {
	for _, c := range cols {
		if strings.EqualFold(c[0], name) {
			return c[1]
		}
	}
	return ""
}

// fits reports whether a value of the kind may stand where the observed kinds, or a null of a typed column, were seen.
func fits(kind, observed, typ string) bool {
	kinds := strings.Split(observed, "|")
	switch {
	case kind == "null":
		return true
	case slices.Contains(kinds, kind), kind == "json-string" && slices.Contains(kinds, "string"):
		return true
	case kind == "string" && slices.Contains(kinds, "json-string"):
		return false
	case observed != "" && observed != "null":
		return false
	}
	switch typ { // nothing but null was seen, or nothing at all: the documented type decides
	case "string", "datetime":
		return kind == "string" || kind == "json-string" || kind == "array"
	case "int", "long":
		return kind == "int"
	case "bool":
		return kind == "bool"
	case "dynamic":
		return kind == "object" || kind == "array"
	}
	return kind == "string"
}

func TestLatenessHasAMedianOfMinutesAndATailOfHours(t *testing.T) {
	t.Parallel()
	s := start(t, small(t.TempDir()))
	s.truth(2000)
	events, _ := s.consume()
	var late []time.Duration
	for _, e := range events {
		var p struct{ Timestamp time.Time }
		if err := json.Unmarshal(e.Properties, &p); err != nil {
			t.Fatal(err)
		}
		late = append(late, e.Time.Sub(p.Timestamp))
	}
	slices.Sort(late)
	if m := late[len(late)/2]; m < time.Minute || m > 5*time.Minute {
		t.Errorf("median lateness %v, want about 2.6 minutes", m)
	}
	if m := late[len(late)-1]; m < time.Hour {
		t.Errorf("worst lateness %v, want hours", m)
	}
}

func TestWrongPasswordIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t, small(t.TempDir()))
	c := s.kafkaAs("wrong")
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	if err := c.Ping(ctx); err == nil {
		t.Error("the hub took a wrong password")
	}
}
