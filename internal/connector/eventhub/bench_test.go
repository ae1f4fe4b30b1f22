package eventhub

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/store"
)

// processEvents returns a message of n DeviceProcessEvents records of about a kilobyte and a half, numbered from first.
func processEvents(first, n int) string {
	var records []string
	for i := first; i < first+n; i++ {
		records = append(records, fmt.Sprintf(`{"time":"2026-07-18T14:08:10.0236840Z","tenantId":"6b1e2f6c-0000-4000-8000-000000000001","operationName":"Publish","category":"AdvancedHunting-DeviceProcessEvents","properties":{"Timestamp":"2026-07-18T14:05:%02d.%07dZ","DeviceId":"1ee0a1c9b3aa0f4b5b1d2c3e4f5061728394%04d","DeviceName":"ws-%04d.contoso.example","ActionType":"ProcessCreated","FileName":"powershell.exe","FolderPath":"C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe","SHA1":"36c5d12033b2eaf251bae61c00690ffb17fddc87","SHA256":"908b64b1971a979c7e3e8ce4621945cba84854cb98d76367b791a6e22b5f6d53","ProcessId":%d,"ProcessCommandLine":"powershell.exe -NoProfile -Command \"Get-ChildItem C:\\Users\\u%d\"","ProcessIntegrityLevel":"Medium","ProcessCreationTime":"2026-07-18T14:05:09.1234567Z","AccountDomain":"contoso","AccountName":"u%d","AccountSid":"S-1-5-21-1004336348-1177238915-682003330-%d","AccountUpn":null,"LogonId":%d,"InitiatingProcessAccountDomain":"contoso","InitiatingProcessAccountName":"u%d","InitiatingProcessFileName":"explorer.exe","InitiatingProcessFolderPath":"c:\\windows\\explorer.exe","InitiatingProcessId":4711,"InitiatingProcessCommandLine":"Explorer.EXE","InitiatingProcessCreationTime":"2026-07-18T08:00:01.7654321Z","InitiatingProcessParentId":812,"InitiatingProcessParentFileName":"userinit.exe","InitiatingProcessSHA1":"84123a3decdaa217e3588a1de59fe6cee1998004","InitiatingProcessFileSize":5121024,"ReportId":%d,"AdditionalFields":"{\"DesktopName\":\"WinSta0\\\\Default\",\"Rank\":%d}","MachineGroup":"Workstations"}}`,
			i%60, i*7919%10000000, i%500, i%500, 1000+i%60000, i%300, i%300, 1000+i%300, 100000+i, i%300, i, i))
	}
	return `{"records":[` + strings.Join(records, ",") + `]}`
}

func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkMessagesToStore is the way of messages from memory into the journal.
func BenchmarkMessagesToStore(b *testing.B) {
	h := &hub{t: b, dir: b.TempDir()}
	p := openPlace(b.Context(), b, b.TempDir(), h, store.Options{})
	defer p.Close()
	dec := ingest.NewIntake(testSpace, p.Store.Catalog(testSpace)).Decoder("hub/bench", 0)
	value := []byte(processEvents(0, 50))
	const perFrame = 60 // messages
	next, rows := int64(0), 0
	b.SetBytes(int64(len(value)) * perFrame)
	began := cpu()
	for b.Loop() {
		var msgs []ingest.Message
		for i := range int64(perFrame) {
			msgs = append(msgs, ingest.Message{Offset: next + i, Value: value})
		}
		f, _ := dec.Decode(next, msgs, ingest.Selected([]string{"DeviceProcessEvents"}))
		if _, err := p.Store.Append(b.Context(), f); err != nil {
			b.Fatal(err)
		}
		next += perFrame
		rows += perFrame * 50
	}
	b.ReportMetric(float64(rows)/(cpu()-began).Seconds(), "rows/cpu-s")
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkHubToStore is the whole way, with the hub itself and TLS on both ends in the same process and its CPU time.
func BenchmarkHubToStore(b *testing.B) {
	const total, perMessage = 60_000, 50
	for b.Loop() {
		b.StopTimer()
		h := newHub(b)
		h.start()
		c := h.client()
		for i := range total / perMessage {
			c.Produce(b.Context(), &kgo.Record{Topic: testHub, Partition: int32(i % 2), Value: []byte(processEvents(i*perMessage, perMessage))}, nil)
		}
		must(b, c.Flush(b.Context()))
		p := openPlace(b.Context(), b, b.TempDir(), h, store.Options{})
		p.Tick("DeviceProcessEvents")
		began, at := cpu(), time.Now()
		b.StartTimer()
		stop := p.run()
		for p.Store.Stats().AppendedRows < total {
			time.Sleep(5 * time.Millisecond)
		}
		b.ReportMetric(total/(cpu()-began).Seconds(), "rows/cpu-s")
		b.ReportMetric(total/time.Since(at).Seconds(), "rows/s")
		b.StopTimer()
		stop()
		p.Close()
		b.StartTimer()
	}
}

// BenchmarkBadAndDrifting is the way of messages into the journal when one record in a hundred is bad, and when columns come
// and change their type, beside the same of good messages in the same run: share is their rate in parts of that.
func BenchmarkBadAndDrifting(b *testing.B) {
	h := &hub{t: b, dir: b.TempDir()}
	const perMessage, perFrame = 50, 40
	good := processEvents(0, perMessage)
	bad := strings.Replace(good, `"properties":{`, `"properties":17,"x":{`, 1)
	kinds := []struct {
		name    string
		message func(frame, i int) string
	}{
		{"good", func(int, int) string { return good }},
		{"bad", func(_, i int) string { // one record of every second message
			if i%2 == 0 {
				return bad
			}
			return good
		}},
		{"drifting", func(frame, _ int) string { // a new column with every tenth frame, another type with every fifth
			text := strings.ReplaceAll(good, `"MachineGroup":"Workstations"`, fmt.Sprintf(`"MachineGroup":"Workstations","New%d":"x"`, min(frame/10, 300)))
			if frame%5 == 4 {
				text = strings.ReplaceAll(text, `"ProcessIntegrityLevel":"Medium"`, `"ProcessIntegrityLevel":{"level":4}`)
			}
			return text
		}},
	}
	spent, rows := map[string]time.Duration{}, map[string]int{}
	frames := 0
	places := map[string]*place{}
	for _, k := range kinds {
		places[k.name] = openPlace(b.Context(), b, b.TempDir(), h, store.Options{})
		defer places[k.name].Close()
	}
	decoders := map[string]*ingest.Decoder{}
	for name, p := range places {
		decoders[name] = p.Intake.Decoder("hub/bench", 0)
	}
	for b.Loop() {
		for _, k := range kinds {
			var msgs []ingest.Message
			for i := range perFrame {
				msgs = append(msgs, ingest.Message{Offset: int64(frames*perFrame + i), Value: []byte(k.message(frames, i))})
			}
			began := cpu()
			f, _ := decoders[k.name].Decode(int64(frames*perFrame), msgs, ingest.Selected([]string{"DeviceProcessEvents"}))
			if _, err := places[k.name].Store.Append(b.Context(), f); err != nil {
				b.Fatal(err)
			}
			spent[k.name] += cpu() - began
			rows[k.name] += perFrame * perMessage
		}
		frames++
	}
	reference := float64(rows["good"]) / spent["good"].Seconds()
	b.ReportMetric(reference, "good-rows/cpu-s")
	for _, name := range []string{"bad", "drifting"} {
		b.ReportMetric(float64(rows[name])/spent[name].Seconds()/reference, name+"-share")
	}
}
