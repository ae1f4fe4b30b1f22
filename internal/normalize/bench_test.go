package normalize

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vedette-siem/vedette/internal/schema"
)

// processMessage returns a message of n DeviceProcessEvents records of about a kilobyte and a half, as the export writes them.
func processMessage(n int) []byte {
	var b strings.Builder
	b.WriteString(`{"records":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"time":"2026-07-18T14:08:10.0236840Z","tenantId":"6b1e2f6c-0000-4000-8000-000000000001","operationName":"Publish","category":"AdvancedHunting-DeviceProcessEvents","_TimeReceivedBySvc":"2026-07-18T14:07:55.1234567Z","properties":{"Timestamp":"2026-07-18T14:05:%02d.%07dZ","DeviceId":"1ee0a1c9b3aa0f4b5b1d2c3e4f5061728394a5b6","DeviceName":"ws-%04d.contoso.example","ActionType":"ProcessCreated","FileName":"powershell.exe","FolderPath":"C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe","SHA1":"36c5d12033b2eaf251bae61c00690ffb17fddc87","SHA256":"908b64b1971a979c7e3e8ce4621945cba84854cb98d76367b791a6e22b5f6d53","MD5":"cda48fc75952ad12d99e526d0b6bf70a","ProcessId":%d,"ProcessCommandLine":"powershell.exe -NoProfile -Command \"Get-ChildItem C:\\Users\\u%d\"","ProcessIntegrityLevel":"Medium","ProcessTokenElevation":"TokenElevationTypeLimited","ProcessCreationTime":"2026-07-18T14:05:09.1234567Z","AccountDomain":"contoso","AccountName":"u%d","AccountSid":"S-1-5-21-1004336348-1177238915-682003330-%d","AccountUpn":null,"AccountObjectId":null,"LogonId":%d,"InitiatingProcessAccountDomain":"contoso","InitiatingProcessAccountName":"u%d","InitiatingProcessFileName":"explorer.exe","InitiatingProcessFolderPath":"c:\\windows\\explorer.exe","InitiatingProcessId":4711,"InitiatingProcessCommandLine":"Explorer.EXE","InitiatingProcessCreationTime":"2026-07-18T08:00:01.7654321Z","InitiatingProcessParentId":812,"InitiatingProcessParentFileName":"userinit.exe","InitiatingProcessSHA1":"84123a3decdaa217e3588a1de59fe6cee1998004","InitiatingProcessFileSize":5121024,"ReportId":%d,"AppGuardContainerId":"","AdditionalFields":"{\"DesktopName\":\"WinSta0\\\\Default\",\"IsInitiatingProcessRemoteSession\":false,\"Rank\":%d}","MachineGroup":"Workstations"},"Tenant":"DefaultTenant"}`,
			i%60, i*7919%10000000, i%500, 1000+i, i%300, i%300, 1000+i%300, 100000+i, i%300, 1000+i, i)
	}
	b.WriteString(`]}`)
	return []byte(b.String())
}

func BenchmarkRecordsToVectors(b *testing.B) {
	msg := processMessage(100)
	w := NewWriter(NewShapes(schema.Builtin()), "ws")
	rows := 0
	b.SetBytes(int64(len(msg)))
	b.ReportAllocs()
	for b.Loop() {
		Decode(msg, func(r Record) {
			if bad := w.Add(r, "hub/h/0/1/0"); bad != nil {
				b.Fatal(bad)
			}
			rows++
		})
		if w.Len("DeviceProcessEvents") > 4000 {
			w.Take()
		}
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}
