package simtenant

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/vedette-siem/vedette/internal/simtenant/blob"
	"github.com/vedette-siem/vedette/internal/simtenant/dice"
	"github.com/vedette-siem/vedette/internal/simtenant/hub"
)

// Info is how to reach the tenant; it stands in sim.json.
type Info struct {
	Graph                string   `json:"graph"`
	Token                string   `json:"token"`
	Kafka                string   `json:"kafka"`
	Blob                 string   `json:"blob"` // address of the storage account
	Control              string   `json:"control"`
	Portal               string   `json:"portal"`
	CAFile               string   `json:"caFile"`
	TenantID             string   `json:"tenantId"`
	ClientID             string   `json:"clientId"`
	ClientSecret         string   `json:"clientSecret"`
	Hubs                 []string `json:"hubs"`
	ConsumerGroup        string   `json:"consumerGroup"`
	ConnectionStringFile string   `json:"connectionStringFile"`
	StorageFile          string   `json:"storageConnectionStringFile"`
	Administrator        string   `json:"administrator"` // object id of a Security Administrator

	kafkaPort        int
	connectionString string
	storageKey       []byte
}

type listeners struct{ graph, token, control, portal, blob net.Listener }

func (l *listeners) close() {
	for _, x := range []net.Listener{l.graph, l.token, l.control, l.portal, l.blob} {
		if x != nil {
			_ = x.Close()
		}
	}
}

// listen opens the ports, those of sim.json if there is one, and completes the tenant's Info.
func (t *tenant) listen() (*listeners, error) {
	var old Info
	if b, err := os.ReadFile(filepath.Join(t.cfg.Dir, "sim.json")); err == nil {
		if err := json.Unmarshal(b, &old); err != nil {
			return nil, fmt.Errorf("reading sim.json: %w", err)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading sim.json: %w", err)
	}
	l := &listeners{}
	for _, x := range []struct {
		to  *net.Listener
		old string
	}{{&l.graph, old.Graph}, {&l.token, old.Token}, {&l.control, old.Control}, {&l.portal, old.Portal}, {&l.blob, old.Blob}} {
		ln, err := net.Listen("tcp", net.JoinHostPort(t.cfg.Host, strconv.Itoa(portOf(x.old))))
		if err != nil {
			l.close()
			return nil, fmt.Errorf("opening the tenant's ports: %w", err)
		}
		*x.to = ln
	}
	kafka := portOf(old.Kafka)
	if kafka == 0 {
		ln, err := net.Listen("tcp", net.JoinHostPort(t.cfg.Host, "0"))
		if err != nil {
			l.close()
			return nil, fmt.Errorf("opening the tenant's ports: %w", err)
		}
		kafka = ln.Addr().(*net.TCPAddr).Port
		_ = ln.Close()
	}
	ca, err := filepath.Abs(t.keys.caFile)
	if err != nil {
		l.close()
		return nil, err
	}
	at := func(scheme string, ln net.Listener) string {
		return scheme + "://" + net.JoinHostPort(reachable(t.cfg.Host), strconv.Itoa(portOf(ln.Addr().String())))
	}
	d := dice.New(t.store.Meta().Seed, "client")
	secret := dice.New(t.keys.signing.D.Int64(), "secret") // not a function of the seed alone, which is no secret
	t.info = Info{
		Graph: at("https", l.graph), Token: at("https", l.token), Kafka: net.JoinHostPort(reachable(t.cfg.Host), strconv.Itoa(kafka)), Control: at("http", l.control),
		Portal: at("http", l.portal), CAFile: ca, TenantID: t.dir.TenantID, ClientID: d.GUID(), ClientSecret: "sim~" + secret.Hex(16), Hubs: []string{hub.Topic}, ConsumerGroup: "vedette",
		ConnectionStringFile: filepath.Join(filepath.Dir(ca), "connection-string.txt"), StorageFile: filepath.Join(filepath.Dir(ca), "storage-connection-string.txt"),
		Administrator: t.dir.Analysts[0].ObjectID, Blob: at("https", l.blob) + "/" + blob.Account, kafkaPort: kafka,
	}
	t.info.connectionString = "Endpoint=sb://contoso-xdr.servicebus.windows.net/;SharedAccessKeyName=export-reader;SharedAccessKey=" + base64.StdEncoding.EncodeToString([]byte(secret.Hex(16))) + ";EntityPath=" + hub.Topic
	if err := writeFile(t.info.ConnectionStringFile, []byte(t.info.connectionString)); err != nil {
		l.close()
		return nil, fmt.Errorf("writing the connection string: %w", err)
	}
	t.info.storageKey = []byte(secret.Hex(32))
	storage := fmt.Sprintf("DefaultEndpointsProtocol=https;AccountName=%s;AccountKey=%s;BlobEndpoint=%s;", blob.Account, base64.StdEncoding.EncodeToString(t.info.storageKey), t.info.Blob)
	if err := writeFile(t.info.StorageFile, []byte(storage)); err != nil {
		l.close()
		return nil, fmt.Errorf("writing the connection string of the storage account: %w", err)
	}
	return l, nil
}

// reachable is the host clients use: a wildcard to listen on is no address to go to.
func reachable(host string) string {
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		return "127.0.0.1"
	}
	return host
}

func portOf(address string) int {
	address, _, _ = strings.Cut(strings.TrimPrefix(strings.TrimPrefix(address, "https://"), "http://"), "/")
	n, err := strconv.Atoi(address[strings.LastIndexByte(address, ':')+1:])
	if err != nil {
		return 0
	}
	return n
}

func writeInfo(dir string, i Info) error {
	b, err := json.MarshalIndent(i, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, "sim.json"), append(b, '\n'))
}
