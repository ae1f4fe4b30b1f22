package storebench

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// writer makes process events as a tenant of some thousand devices streams them: about 2.5 KB of JSON each, names and hashes drawn from
// distributions with a long tail.
type writer struct {
	rng *rand.Rand
	n   int
	at  time.Time
	buf []byte
}

func newWriter(seed uint64, from time.Time) *writer {
	return &writer{rng: rand.New(rand.NewPCG(seed, 5)), at: from}
}

// few draws below n, small numbers far more often.
func (w *writer) few(n int) int { return int(math.Pow(float64(n), w.rng.Float64())) - 1 }

// digest is the same for the same number.
func digest(bytes, n int) string {
	r := rand.New(rand.NewPCG(uint64(n), uint64(bytes)))
	b := make([]byte, bytes)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return hex.EncodeToString(b)
}

var (
	programs = []string{"svchost", "chrome", "msedge", "powershell", "cmd", "conhost", "MsMpEng", "SearchProtocolHost", "OUTLOOK", "Teams", "explorer", "wmiprvse", "taskhostw", "rundll32", "MicrosoftEdgeUpdate", "backgroundTaskHost"}
	folders  = []string{`C:\Windows\System32`, `C:\Program Files\Google\Chrome\Application`, `C:\Program Files (x86)\Microsoft\Edge\Application`, `C:\ProgramData\Microsoft\Windows Defender\Platform\4.18.25090.3009-0`, `C:\Users\%s\AppData\Local\Temp`}
	levels   = []string{"System", "Medium", "High", "Low"}
)

// image is a program file: the same for the same number.
type image struct{ file, folder, sha1, sha256, company, product, version string }

var images = func() (out []image) {
	for k := range 3000 {
		p := programs[k%len(programs)]
		if k >= len(programs) {
			p = fmt.Sprintf("%s%d", p, k)
		}
		out = append(out, image{p + ".exe", folders[k%len(folders)], digest(20, k), digest(32, k), "Microsoft Corporation", "Microsoft® Windows® Operating System", fmt.Sprintf("10.0.%d.%d", 19041+k%7, 1000+k%900)})
	}
	return out
}()

// next returns the next record, with a newline; it is valid until the next call.
func (w *writer) next() []byte {
	w.n++
	w.at = w.at.Add(time.Duration(w.rng.IntN(2_000_000)))
	dev, user := w.few(4000), w.few(6000)
	p, parent := images[w.few(len(images))], images[w.few(len(images))]
	who := fmt.Sprintf("user%d", user)
	folder := strings.Replace(p.folder, "%s", who, 1)
	stamp := w.at.Format("2006-01-02T15:04:05.0000000Z")
	sid, oid := fmt.Sprintf("S-1-5-21-1004336348-1177238915-682003330-%d", 1100+user), digest(16, user)
	cmd := fmt.Sprintf(`"%s\\%s" --type=%s --field-trial-handle=%d,%d,262144 --session=%x /prefetch:%d`, strings.ReplaceAll(folder, `\`, `\\`), p.file, levels[w.few(4)], w.rng.IntN(9999), w.rng.Uint64(), w.rng.Uint32(), w.few(9))
	pcmd := fmt.Sprintf(`%s -k netsvcs -p -s Schedule%d -Embedding {%08x-9C5A}`, parent.file, w.few(400), w.rng.Uint32())
	b := w.buf[:0]
	b = fmt.Appendf(b, `{"time":%q,"tenantId":"6a7d8f1e-0c2b-4b53-9d2a-51d9a1c4c1aa","operationName":"Publish","category":"AdvancedHunting-DeviceProcessEvents","_TimeReceivedBySvc":%q,"properties":{`, stamp, stamp)
	text := func(name, value string) {
		b = append(b, '"')
		b = append(b, name...)
		b = append(b, `":`...)
		raw, _ := json.Marshal(value) // a string always can be
		b = append(b, raw...)
		b = append(b, ',')
	}
	num := func(name string, v int64) { b = fmt.Appendf(b, `"%s":%d,`, name, v) }
	version := func(prefix string, i image) {
		text(prefix+"VersionInfoCompanyName", i.company)
		text(prefix+"VersionInfoProductName", i.product)
		text(prefix+"VersionInfoProductVersion", i.version)
		text(prefix+"VersionInfoInternalFileName", i.file)
		text(prefix+"VersionInfoOriginalFileName", strings.ToUpper(i.file))
		text(prefix+"VersionInfoFileDescription", "Host process of "+i.file)
	}
	text("DeviceId", digest(20, 100_000+dev))
	text("DeviceName", fmt.Sprintf("desktop-%05d.contoso.example", dev))
	num("ReportId", int64(w.n))
	text("ActionType", "ProcessCreated")
	text("FileName", p.file)
	text("FolderPath", folder+`\`+p.file)
	text("SHA1", p.sha1)
	text("SHA256", p.sha256)
	num("FileSize", int64(100_000+len(p.file)*4096))
	version("Process", p)
	num("ProcessId", int64(4*w.rng.IntN(20_000)))
	text("ProcessCommandLine", cmd)
	text("ProcessIntegrityLevel", levels[w.few(4)])
	text("ProcessTokenElevation", "TokenElevationTypeDefault")
	text("ProcessCreationTime", w.at.Add(-time.Duration(w.rng.IntN(5_000_000))).Format(time.RFC3339Nano))
	text("AccountDomain", "contoso")
	text("AccountName", who)
	text("AccountSid", sid)
	text("AccountUpn", who+"@contoso.example")
	text("AccountObjectId", oid)
	text("InitiatingProcessAccountDomain", "contoso")
	text("InitiatingProcessAccountName", who)
	text("InitiatingProcessAccountSid", sid)
	num("InitiatingProcessLogonId", int64(100_000+user*7))
	text("InitiatingProcessIntegrityLevel", levels[w.few(4)])
	text("InitiatingProcessSHA1", parent.sha1)
	text("InitiatingProcessSHA256", parent.sha256)
	text("InitiatingProcessFileName", parent.file)
	num("InitiatingProcessFileSize", int64(90_000+len(parent.file)*512))
	num("InitiatingProcessId", int64(4*w.rng.IntN(20_000)))
	text("InitiatingProcessCommandLine", pcmd)
	text("InitiatingProcessCreationTime", w.at.Add(-time.Duration(w.rng.Int64N(int64(time.Hour)))).Format(time.RFC3339Nano))
	text("InitiatingProcessFolderPath", strings.ToLower(strings.Replace(parent.folder, "%s", who, 1)+`\`+parent.file))
	num("InitiatingProcessParentId", int64(4*w.rng.IntN(20_000)))
	text("InitiatingProcessParentFileName", "services.exe")
	text("InitiatingProcessParentCreationTime", w.at.Add(-time.Duration(w.rng.Int64N(int64(24*time.Hour)))).Format(time.RFC3339Nano))
	num("CreatedProcessSessionId", int64(w.few(4)))
	num("InitiatingProcessSessionId", int64(w.few(4)))
	b = append(b, `"IsProcessRemoteSession":false,"IsInitiatingProcessRemoteSession":false,`...)
	text("MachineGroup", "Workstations")
	text("AdditionalFields", fmt.Sprintf(`{"DesktopName":"WinSta0\\Default","SeqNo":%d}`, w.n))
	b = fmt.Appendf(b, `"Timestamp":%q},"Tenant":"DefaultTenant"}`+"\n", stamp)
	w.buf = b
	return b
}

// archive writes so many records into files of a folder, and returns their bytes.
func archive(t *testing.T, dir string, rows, files int, from time.Time) (bytes int64) {
	t.Helper()
	for k := range files {
		w := newWriter(uint64(k+1), from.Add(time.Duration(k)*time.Hour))
		w.n = k * rows
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("%03d.json", k)))
		if err != nil {
			t.Fatal(err)
		}
		out := bufio.NewWriterSize(f, 1<<20)
		for range rows / files {
			raw := w.next()
			bytes += int64(len(raw))
			if _, err := out.Write(raw); err != nil {
				t.Fatal(err)
			}
		}
		if err := out.Flush(); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	return bytes
}

// TestRecordsAreOfTheSizeOfRealOnes keeps what is measured honest.
func TestRecordsAreOfTheSizeOfRealOnes(t *testing.T) {
	w, size := newWriter(1, time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)), 0
	const n = 1000
	for range n {
		raw := w.next()
		size += len(raw)
		var rec struct {
			Category   string
			Properties map[string]any
		}
		if err := json.Unmarshal(raw, &rec); err != nil || len(rec.Properties) < 45 {
			t.Fatalf("%v: %s", err, raw)
		}
	}
	if avg := size / n; avg < 2200 || avg > 2800 {
		t.Errorf("records are of %d bytes, want 2,200 to 2,800", avg)
	}
}
