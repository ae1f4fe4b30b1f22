// Package activity turns what people, processes and attackers do into rows of the hunting tables.
//
// Noise and stories use the same functions, so that an attack differs from daily work by what is done and not by how its rows look.
package activity

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/dice"
	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/hunt"
)

// Stage makes rows. Next numbers them; it must never give a number twice for the same table within one source of events.
type Stage struct {
	Dir  *directory.Directory
	Dice *dice.Dice
	Next func() int64
}

// Account is whoever a process runs as.
type Account struct{ Domain, Name, SID, UPN, ObjectID string }

// System is the local system account.
func System() Account { return Account{Domain: "nt authority", Name: "system", SID: "S-1-5-18"} }

// NetworkService is the account many services run as.
func NetworkService() Account {
	return Account{Domain: "nt authority", Name: "network service", SID: "S-1-5-20"}
}

// AccountOf returns the account of a user.
func AccountOf(u *directory.User) Account {
	return Account{Domain: strings.ToLower(directory.NTDomain), Name: u.Account, SID: u.SID, UPN: u.UPN, ObjectID: u.ObjectID}
}

// File is a file on a device, with what follows from its content.
type File struct {
	Name, Folder      string // Folder ends without a separator
	Size              int64
	Company           string
	SHA1, SHA256, MD5 string
}

// Path is folder and name.
func (f *File) Path() string {
	if strings.HasPrefix(f.Folder, "/") {
		return f.Folder + "/" + f.Name
	}
	return f.Folder + `\` + f.Name
}

// NewFile returns a file whose hashes and size follow from its content's name.
func NewFile(folder, name, content, company string) *File {
	b := []byte("content of " + content)
	m, s1, s2 := md5.Sum(b), sha1.Sum(b), sha256.Sum256(b)
	h := fnv.New32a()
	_, _ = h.Write(b) // a hash takes everything
	return &File{Name: name, Folder: folder, Size: 18_000 + int64(h.Sum32()%3_000_000), Company: company,
		SHA1: hex.EncodeToString(s1[:]), SHA256: hex.EncodeToString(s2[:]), MD5: hex.EncodeToString(m[:])}
}

// Windows returns a file that belongs to Windows.
func Windows(name string) *File {
	folder := `C:\Windows\System32`
	switch name {
	case "explorer.exe":
		folder = `C:\Windows`
	case "powershell.exe":
		folder = `C:\Windows\System32\WindowsPowerShell\v1.0`
	}
	return NewFile(folder, name, name, "Microsoft Corporation")
}

// Proc is a running process. Device, PID and Created name it.
type Proc struct {
	Device    *directory.Device
	File      *File
	Command   string
	PID       int64
	Created   time.Time
	Account   Account
	Parent    *Proc
	Integrity string
	Logon     int64
}

// NewProc starts a process; nothing is recorded yet.
func (g *Stage) NewProc(at time.Time, dev *directory.Device, parent *Proc, as Account, f *File, command string) *Proc {
	integrity := "Medium"
	if as.SID == System().SID {
		integrity = "System"
	}
	return &Proc{Device: dev, File: f, Command: command, PID: 400 + int64(g.Dice.IntN(16000))*4, Created: at.Truncate(100), Account: as, Parent: parent, Integrity: integrity,
		Logon: 999 + int64(g.Dice.IntN(900000))}
}

// root returns the chain above a user's programs on the device: who they are does not change during one boot.
func (g *Stage) root(at time.Time, dev *directory.Device, as Account) *Proc {
	boot := at.Truncate(24 * time.Hour).Add(-17 * time.Hour)
	d := dice.New(boot.Unix(), "boot", dev.ID, as.Name)
	sys := &Proc{Device: dev, File: Windows("services.exe"), Command: "services.exe", PID: 600 + int64(d.IntN(90))*4, Created: boot.Add(d.Between(0, time.Minute)).Truncate(100), Account: System(), Integrity: "System", Logon: 999}
	if !dev.IsWindows() {
		sys.File = NewFile("/usr/lib/systemd", "systemd", "systemd", "")
		sys.Account = Account{Domain: dev.Host, Name: "root", SID: ""}
	}
	if as.SID == System().SID || as.SID == NetworkService().SID || !dev.IsWindows() {
		return sys
	}
	return &Proc{Device: dev, File: Windows("explorer.exe"), Command: "Explorer.EXE", PID: 4000 + int64(d.IntN(900))*4, Created: boot.Add(d.Between(2*time.Minute, time.Hour)).Truncate(100), Account: as,
		Parent: &Proc{Device: dev, File: Windows("userinit.exe"), Command: "userinit.exe", PID: 2000 + int64(d.IntN(400))*4, Created: boot.Add(time.Minute).Truncate(100), Account: as, Parent: sys}, Integrity: "Medium", Logon: 100000 + int64(d.IntN(900000))}
}

// Shell returns the process a person's programs start from, or the service manager for system accounts.
func (g *Stage) Shell(at time.Time, dev *directory.Device, as Account) *Proc {
	return g.root(at, dev, as)
}

func uniqueID(p *Proc) string {
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, p.Device.ID, p.PID, p.Created.UnixNano())
	return fmt.Sprint(h.Sum64() >> 12)
}

func (g *Stage) device(table string, at time.Time, dev *directory.Device, action string) *hunt.Row {
	r := hunt.New(table, at).Set("DeviceId", dev.ID).Set("DeviceName", dev.DNS).Set("ReportId", g.Next()).Set("MachineGroup", dev.Group)
	return r.SetIf("ActionType", action)
}

// by fills the columns of the process that did it.
func by(r *hunt.Row, p *Proc) *hunt.Row {
	if p == nil {
		return r
	}
	pre := "InitiatingProcess"
	r.SetIf(pre+"FileName", p.File.Name).SetIf(pre+"FolderPath", strings.ToLower(p.File.Path())).SetIf(pre+"SHA1", p.File.SHA1).SetIf(pre+"SHA256", p.File.SHA256)
	r.SetIf(pre+"MD5", p.File.MD5).SetIf(pre+"FileSize", p.File.Size).SetIf(pre+"Id", p.PID).SetIf(pre+"CommandLine", p.Command).SetIf(pre+"CreationTime", p.Created)
	r.SetIf(pre+"AccountDomain", p.Account.Domain).SetIf(pre+"AccountName", p.Account.Name).SetIf(pre+"AccountSid", p.Account.SID)
	if p.Account.UPN != "" {
		r.SetIf(pre+"AccountUpn", p.Account.UPN).SetIf(pre+"AccountObjectId", p.Account.ObjectID)
	}
	r.SetIf(pre+"IntegrityLevel", p.Integrity).SetIf(pre+"TokenElevation", "TokenElevationTypeDefault").SetIf(pre+"LogonId", p.Logon)
	r.SetIf(pre+"VersionInfoCompanyName", p.File.Company).SetIf(pre+"VersionInfoOriginalFileName", p.File.Name).SetIf(pre+"SessionId", int64(1)).SetIf(pre+"UniqueId", uniqueID(p))
	if p.File.Company != "" {
		r.SetIf(pre+"SignerType", "OsVendor").SetIf(pre+"SignatureStatus", "Valid")
	} else {
		r.SetIf(pre+"SignerType", "Unknown").SetIf(pre+"SignatureStatus", "Unsigned")
	}
	if q := p.Parent; q != nil {
		r.SetIf(pre+"ParentId", q.PID).SetIf(pre+"ParentFileName", q.File.Name).SetIf(pre+"ParentCreationTime", q.Created)
	} else {
		r.SetIf(pre+"ParentId", int64(4)).SetIf(pre+"ParentFileName", "System").SetIf(pre+"ParentCreationTime", p.Created)
	}
	return r
}

// file fills the columns of the file an event is about.
func file(r *hunt.Row, f *File) *hunt.Row {
	return r.SetIf("FileName", f.Name).SetIf("FolderPath", f.Path()).SetIf("SHA1", f.SHA1).SetIf("SHA256", f.SHA256).SetIf("MD5", f.MD5).SetIf("FileSize", f.Size)
}
