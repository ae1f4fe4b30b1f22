package kql_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/kql"
	"github.com/vedette-siem/vedette/internal/kql/bind"
	"github.com/vedette-siem/vedette/internal/kql/exec"
	"github.com/vedette-siem/vedette/internal/kql/kernel"
	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/kql/syntax"
	"github.com/vedette-siem/vedette/internal/schema"
)

// memoryTables serves scans from tables written as queries.
type memoryTables map[string]string

type oneBatch struct{ b *column.Batch }

func (r *oneBatch) Next(context.Context) (*column.Batch, error) {
	if r.b == nil {
		return nil, io.EOF
	}
	b := r.b
	r.b = nil
	return b, nil
}

func (r *oneBatch) Close() error { return nil }

func (m memoryTables) Open(ctx context.Context, n plan.Node) (exec.Reader, bool, error) {
	scan, ok := n.(*plan.Scan)
	if !ok {
		return nil, false, nil
	}
	q, ds := kql.Compile(m[scan.Table]+" | project "+strings.Join(scan.Sources, ", "), bind.Env{})
	if ds.HasErrors() {
		return nil, false, ds
	}
	res, err := exec.Collect(ctx, q.Results[0].Root, exec.Env{})
	if err != nil {
		return nil, false, err
	}
	out := column.NewBatch(0)
	for _, c := range scan.Out {
		out.Cols = append(out.Cols, column.New(c.Type, 0))
	}
	for _, b := range res.Batches {
		for k, v := range b.Cols {
			for i := range b.N {
				out.Cols[k].Append(v.Value(i))
			}
		}
		out.N += b.N
	}
	return &oneBatch{out}, true, nil
}

var hunting = memoryTables{
	"DeviceFileCertificateInfo": `datatable(TimeGenerated:datetime, SHA1:string, Signer:string, Issuer:string, SignerHash:string, IsTrusted:bool, IsSigned:bool, IsRootSignerMicrosoft:bool)
		[datetime(2026-01-01), 's1', 'Old', 'CA', 'h', false, true, false, datetime(2026-01-02), 's1', 'Contoso', 'CA', 'h', true, true, false, datetime(2026-01-01), 's2', '', '', '', false, false, false]`,
	"DeviceFileEvents":    `datatable(SHA1:string, SHA256:string)['s1', 'l1']`,
	"DeviceProcessEvents": `datatable(SHA1:string, SHA256:string, InitiatingProcessSHA1:string, InitiatingProcessSHA256:string)['', '', 's2', 'l2']`,
	"DeviceNetworkInfo": `datatable(TimeGenerated:datetime, DeviceId:string, DeviceName:string, MacAddress:string, NetworkAdapterType:string, ConnectedNetworks:dynamic, IPAddresses:dynamic)
		[datetime(2026-01-01), 'd1', 'pc1', 'm1', 'Ethernet', dynamic([]), dynamic([{"IPAddress":"10.0.0.5","AddressType":"Private"}]),
		 datetime(2026-01-03), 'd2', 'pc2', 'm2', 'Wifi', dynamic([]), dynamic([{"IPAddress":"10.0.0.5","AddressType":"Private"},{"IPAddress":"fe80::1"}])]`,
}

func show2(res *exec.Result) string {
	var sb strings.Builder
	for _, b := range res.Batches {
		for r := range b.N {
			for k, v := range b.Cols {
				if k > 0 {
					sb.WriteByte('|')
				}
				if v.Null(r) {
					sb.WriteByte('-')
				} else {
					sb.WriteString(kernel.Text(kernel.Box(v, r)))
				}
			}
			sb.WriteByte('\n')
		}
	}
	return sb.String()
}

// The functions of the service are answered from the workspace's own tables, and say what they cannot know.
func TestLibrary(t *testing.T) {
	for _, tt := range []struct{ name, query, want, warns string }{
		{"the newest certificate of a file", "datatable(SHA1:string)['s1', 's2', 's3'] | invoke FileProfile(SHA1, 1000) | project SHA1, Signer, SignatureState, IsCertificateValid, ProfileAvailability, GlobalPrevalence | sort by SHA1 asc",
			"s1|Contoso|SignedValid|true|Available|-\ns2||Unsigned|false|Available|-\ns3||Unknown|-|Missing|-\n", "service_only"},
		{"by the longer hash", "datatable(h256:string)['l1', 'l2'] | invoke FileProfile('h256') | project h256, Signer, ProfileAvailability | sort by h256 asc", "l1|Contoso|Available\nl2||Available\n", "service_only"},
		{"the device that had an address", "datatable(IP:string, Timestamp:datetime)['10.0.0.5', datetime(2026-01-02), '10.9.9.9', datetime(2026-01-02)] | invoke DeviceFromIP()", "10.0.0.5|d1\n", ""},
		{"later another one", "datatable(addr:string, at:datetime)['10.0.0.5', datetime(2026-01-04)] | invoke DeviceFromIP(addr, at)", "10.0.0.5|d2\n", ""},
		{"the addresses of a device", "AssignedIPAddresses('pc2') | project IPAddress, IPType, NetworkAdapterType | sort by IPAddress asc", "10.0.0.5|Private|Wifi\nfe80::1||Wifi\n", ""},
		{"before a time", "AssignedIPAddresses('d2', datetime(2026-01-02)) | count", "0\n", ""},
		{"seen by nobody we know of", "print DeviceId='d1' | invoke SeenBy()", "d1|-\n", "service_only"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			q, ds := kql.Compile(tt.query, bind.Env{Catalog: schema.Builtin(), Runnable: exec.Runnable})
			if ds.HasErrors() {
				t.Fatal(ds)
			}
			warned := ""
			for _, d := range ds {
				if d.Severity == syntax.Warning {
					warned = d.Code
				}
			}
			if warned != tt.warns {
				t.Errorf("warned of %q, want %q", warned, tt.warns)
			}
			res, err := exec.Collect(context.Background(), q.Results[0].Root, exec.Env{Source: hunting, Now: column.Date(2026, 2, 1)})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, show2(res)); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
	if _, ds := kql.Compile("_GetWatchlist('vip') | take 1", bind.Env{Catalog: schema.Builtin()}); !strings.Contains(ds.Error(), "There is no watchlist 'vip'") {
		t.Error(ds)
	}
}
