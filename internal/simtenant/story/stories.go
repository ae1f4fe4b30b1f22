package story

import (
	"fmt"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/activity"
	"github.com/vedette-siem/vedette/internal/simtenant/dice"
	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/hunt"
)

func all() []tale {
	return []tale{
		{"blocked-malware", 18, blockedMalware},
		{"reported-phish", 14, reportedPhish},
		{"risky-sign-in", 14, riskySignIn},
		{"unwanted-software", 9, unwantedSoftware},
		{"infrequent-country", 8, infrequentCountry},
		{"dlp-mail", 6, dlpMail},
		{"dlp-cloud", 6, dlpCloud},
		{"token-theft", 8, tokenTheft},
		{"custom-detection", 7, customDetection},
		{"password-spray", 5, passwordSpray},
		{"insider-exfiltration", 5, insider},
		{"insider-risk", 4, insiderRisk},
		{"oauth-consent", 5, oauthConsent},
		{"app-governance", 4, appGovernance},
		{"mail-fraud", 5, mailFraud},
		{"teams-phish", 4, teamsPhish},
		{"loose-alert", 4, looseAlert},
		{"domain-takeover", 3, domainTakeover},
		{"golden-ticket", 3, goldenTicket},
		{"things-on-the-network", 3, thingsOnTheNetwork},
		{"crypto-mining", 3, cryptoMining},
		{"storage-access", 3, storageAccess},
		{"container-escape", 2, containerEscape},
		{"sql-brute-force", 3, sqlBruteForce},
		{"vault-access", 2, vaultAccess},
		{"other-clouds", 2, otherClouds},
		{"ai-jailbreak", 2, aiJailbreak},
		{"phish-to-ransomware", 4, phishToRansomware},
	}
}

// attackerIP returns an address of the ranges set aside for examples, so that no real host is accused.
func (s *scene) attackerIP() string {
	return fmt.Sprintf("%s.%d", dice.Pick(s.d, []string{"198.51.100", "192.0.2"}), 2+s.d.IntN(250))
}

func (s *scene) attackerHost() string {
	return dice.Pick(s.d, []string{"login-contoso", "docs-share", "invoice-portal", "secure-mail", "cdn-update", "sso-check"}) + fmt.Sprintf("-%d", s.d.IntN(900)+100) + ".example"
}

// victim returns a person at a Windows client.
func (s *scene) victim() *directory.User {
	for {
		u := dice.Pick(s.d, s.env.Dir.People)
		if u.Device.IsWindows() && !u.Device.Server && !u.Analyst {
			return u
		}
	}
}

func (s *scene) server() *directory.Device {
	for {
		if dev := dice.Pick(s.d, s.env.Dir.Servers); dev.IsWindows() && !dev.DC {
			return dev
		}
	}
}

// phish sends the message to the victim and some colleagues and returns it with the victim's EmailEvents row.
func (s *scene) phish(u *directory.User, url, subject string, attach *activity.File) ([]*activity.Mail, *hunt.Row) {
	from := dice.Pick(s.d, []string{"billing@", "hr-notice@", "it-support@", "no-reply@"}) + hostOf(url)
	ip, cluster := s.attackerIP(), int64(s.d.Uint32())
	to := []*directory.User{u}
	for range 2 + s.d.IntN(3) {
		if o := s.victim(); o != u {
			to = append(to, o)
		}
	}
	var mails []*activity.Mail
	var first *hunt.Row
	for i, t := range to {
		m := s.NewMail(s.blink(), from, "Contoso Billing", ip, t, subject)
		m.Threats, m.Methods, m.URLs, m.Attachment, m.Cluster = "Phish", "URL detonation reputation", []string{url}, attach, cluster
		row := s.see(s.Delivered(m))
		s.see(s.Linked(m, url))
		if attach != nil {
			s.see(s.Attached(m))
		}
		if i == 0 {
			first = row
		}
		mails = append(mails, m)
	}
	return mails, first
}

func hostOf(url string) string {
	host, _, _ := strings.Cut(strings.TrimPrefix(url, "https://"), "/")
	return host
}

func phishToRansomware(s *scene) {
	u, host := s.victim(), s.attackerHost()
	url := "https://" + host + "/statement/" + s.d.Hex(6)
	lure := activity.NewFile(`C:\Users\`+u.Account+`\Downloads`, "Statement_"+s.d.Hex(2)+".iso", "lure"+s.d.Hex(4), "")
	mails, mailRow := s.phish(u, url, "Overdue statement for your department", nil)
	s.wait(5*time.Minute, 20*time.Minute)
	click := s.see(s.Clicked(s.now, u, url, mails[0].NetworkID, "ClickAllowed"))
	s.raise(spec{source: "mdo", title: "A potentially malicious URL click was detected", category: "InitialAccess", severity: "high", techniques: []string{"T1566.002"}, track: "mail",
		text: "A user clicked a link that was found to be malicious after delivery.", actions: "Review the message and the click.\nReset the user's password if credentials were entered."},
		s.user(u, click), s.url(url, click).as("malicious", "attacker"), s.message(mails[0], mailRow).as("malicious", "source"), s.mailbox(u, mailRow), s.cluster(mails))
	dev, as := u.Device, activity.AccountOf(u)
	shell := s.Shell(s.now, dev, as)
	browser, browserRow := s.run(dev, shell, as, activity.NewFile(`C:\Program Files (x86)\Microsoft\Edge\Application`, "msedge.exe", "msedge.exe", "Microsoft Corporation"), `"msedge.exe" `+url)
	written := s.see(s.Wrote(s.blink(), browser, "FileCreated", lure).Set("FileOriginUrl", url))
	ip := s.attackerIP()
	ps, psRow := s.run(dev, shell, as, activity.Windows("powershell.exe"), `powershell.exe -nop -w hidden -enc JABjAD0ATgBlAHcALQBPAGIAagBlAGMAdAA=`)
	conn := s.see(s.Connection(s.blink(), ps, "ConnectionSuccess", ip, 443, host))
	s.raise(spec{source: "mde", title: "Suspicious PowerShell command line", category: "Execution", severity: "medium", techniques: []string{"T1059.001"},
		text: "A suspicious PowerShell activity was observed on the machine. It may be used to download and run further code.", actions: "Validate the alert.\nInspect the process tree.\nIsolate the device."},
		s.device(dev, psRow), s.user(u, psRow), s.process(ps, psRow).as("malicious", "suspicious"), s.process(browser, browserRow), s.ip(ip, "NL", conn).as("suspicious", "commandAndControl"), s.file(lure, written, "detected").as("suspicious"))
	s.wait(3*time.Minute, 12*time.Minute)
	key := `HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Run`
	drop := activity.NewFile(`C:\ProgramData\Contoso`, "updchk.exe", "loader"+s.d.Hex(4), "")
	dropped := s.see(s.Wrote(s.blink(), ps, "FileCreated", drop))
	reg := s.see(s.Registry(s.blink(), ps, "RegistryValueSet", key, "UpdateCheck", "String", drop.Path()))
	s.raise(spec{source: "mde", title: "Anomaly detected in ASEP registry", category: "Persistence", severity: "medium", techniques: []string{"T1547.001"},
		text: "An unusual program was registered to start automatically.", actions: "Review the registered program and remove it if unknown."},
		s.device(dev, reg), s.process(ps, psRow), s.regKey(key, reg), s.regValue(key, "UpdateCheck", "String", drop.Path(), reg), s.file(drop, dropped, "detected").as("malicious", "created"))
	loader, loaderRow := s.run(dev, ps, as, drop, drop.Path()+" -s")
	dump := s.see(s.Observed(s.blink(), loader, "OpenProcessApiCall", map[string]any{"DesiredAccess": 2097151}).Set("FileName", "lsass.exe"))
	s.raise(spec{source: "mde", title: "Suspicious access to LSASS service", category: "CredentialAccess", severity: "high", techniques: []string{"T1003.001"}, family: "",
		text: "A process read the memory of the Local Security Authority, where credentials are kept.", actions: "Isolate the device and reset the credentials used on it."},
		s.device(dev, dump), s.user(u, loaderRow), s.process(loader, loaderRow).as("malicious", "attacker"))
	s.lateral(u, loader, drop)
}

// lateral moves from the loader to a server with a stolen service account and ends in encryption.
func (s *scene) lateral(u *directory.User, loader *activity.Proc, drop *activity.File) {
	s.wait(4*time.Minute, 15*time.Minute)
	srv, svc := s.server(), s.env.Dir.Service("svc-backup")
	dc := s.env.Dir.DCs[0]
	as := activity.AccountOf(svc)
	ntlm := s.see(s.DomainLogon(s.blink(), svc, u.Device, srv, dc, "Ntlm", ""))
	logon := s.see(s.Logon(s.blink(), srv, as, "Network", u.Device.IP, true))
	s.raise(spec{source: "mdi", title: "Suspected identity theft (pass-the-hash)", category: "LateralMovement", severity: "high", techniques: []string{"T1550.002"}, track: "identity",
		text: "An account's hash was taken from one computer and used from another.", actions: "Reset the password of the account.\nInvestigate the source computer."},
		s.user(svc, ntlm), s.device(u.Device, ntlm).as("suspicious", "source"), s.ip(u.Device.IP, "", ntlm))
	service, serviceRow := s.run(srv, s.Shell(s.now, srv, activity.System()), activity.System(), activity.NewFile(`C:\Windows`, "PSEXESVC.exe", "psexesvc", "Sysinternals - www.sysinternals.com"), `C:\Windows\PSEXESVC.exe`)
	s.raise(spec{source: "mde", title: "Suspicious service launched", category: "LateralMovement", severity: "medium", techniques: []string{"T1569.002", "T1021.002"},
		text: "A service was started from a remote computer.", actions: "Check who started the service and why."},
		s.device(srv, serviceRow), s.user(svc, logon), s.process(service, serviceRow).as("suspicious"), s.ip(u.Device.IP, "", logon))
	s.wait(2*time.Minute, 8*time.Minute)
	shadow, shadowRow := s.run(srv, service, activity.System(), activity.Windows("vssadmin.exe"), "vssadmin.exe delete shadows /all /quiet")
	s.raise(spec{source: "mde", title: "File backups were deleted", category: "Impact", severity: "medium", techniques: []string{"T1490"},
		text: "Shadow copies were deleted, which is often done before files are encrypted.", actions: "Isolate the device at once."},
		s.device(srv, shadowRow), s.process(shadow, shadowRow).as("malicious"), s.process(service, serviceRow))
	enc := activity.NewFile(`C:\Windows\Temp`, "lock64.exe", "locker"+s.d.Hex(4), "")
	locker, lockerRow := s.run(srv, service, activity.System(), enc, enc.Path()+" --all")
	for i := range 8 {
		f := activity.NewFile(fmt.Sprintf(`D:\Shares\Finance\%d`, 2020+i), "ledger.xlsx.locked", fmt.Sprint("enc", i, s.play), "")
		s.see(s.Wrote(s.blink(), locker, "FileRenamed", f).Set("PreviousFileName", "ledger.xlsx").Set("PreviousFolderPath", f.Folder))
	}
	readme := activity.NewFile(`D:\Shares\Finance`, "HOW_TO_RESTORE.txt", "note", "")
	note := s.see(s.Wrote(s.blink(), locker, "FileCreated", readme))
	s.raise(spec{source: "mde", title: "Ransomware behavior detected in the file system", category: "Ransomware", severity: "high", techniques: []string{"T1486"},
		text: "Many files were renamed and rewritten within a short time.", actions: "Isolate the device.\nRestore the files from a backup."},
		s.device(srv, note), s.process(locker, lockerRow).as("malicious", "attacker"), s.file(enc, lockerRow, "detected").as("malicious"), s.file(readme, note, "detected"))
	beacon := s.see(s.Connection(s.blink(), loader, "ConnectionSuccess", s.attackerIP(), 443, ""))
	s.raise(spec{source: "xdr", title: "Possible human-operated ransomware activity", category: "Ransomware", severity: "high", techniques: []string{"T1486", "T1021.002"},
		text: "Signals of several products together point to an attacker who works by hand.", actions: "Follow the incident response plan for ransomware."},
		s.device(srv, note), s.device(u.Device, beacon), s.user(svc, logon), s.file(drop, beacon, "detected").as("malicious"))
}

func blockedMalware(s *scene) {
	u := s.victim()
	dev, as := u.Device, activity.AccountOf(u)
	family := dice.Pick(s.d, []string{"Wacatac", "Phonzy", "AgentTesla", "Leonem"})
	f := activity.NewFile(`C:\Users\`+u.Account+`\Downloads`, dice.Pick(s.d, []string{"setup_free.exe", "invoice_viewer.exe", "codec_pack.exe", "keygen.exe"}), family+s.d.Hex(3), "")
	url := "https://" + s.attackerHost() + "/dl/" + f.Name
	browser, browserRow := s.run(dev, s.Shell(s.now, dev, as), as, activity.NewFile(`C:\Program Files\Google\Chrome\Application`, "chrome.exe", "chrome.exe", "Google LLC"), `"chrome.exe"`)
	conn := s.see(s.Connection(s.blink(), browser, "ConnectionSuccess", s.attackerIP(), 443, url))
	s.see(s.Wrote(s.blink(), browser, "FileCreated", f).Set("FileOriginUrl", url))
	av := s.see(s.Touched(s.blink(), browser, "AntivirusDetection", f, map[string]any{"ThreatName": "Trojan:Win32/" + family + ".B!ml", "WasRemediated": true, "Action": "Quarantine"}))
	s.raise(spec{source: "av", title: fmt.Sprintf("'%s' malware was prevented", family), category: "Malware", severity: "informational", family: family,
		text: "Malware was found and kept from running.", actions: "No action is needed unless the file comes back."},
		s.device(dev, av), s.user(u, browserRow), s.file(f, av, "prevented").as("malicious").remedied("prevented"), s.url(url, conn).as("suspicious"), s.process(browser, browserRow))
}
