package story

import (
	"fmt"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/activity"
	"github.com/vedette-siem/vedette/internal/simtenant/dice"
	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/hunt"
)

func insider(s *scene) {
	u := s.victim()
	country := directory.CountryCode(u.Country)
	var row *hunt.Row
	for i := range 25 + s.d.IntN(20) {
		doc := fmt.Sprintf("https://contoso.sharepoint.com/sites/deals/Shared Documents/Target %02d/valuation-%d.xlsx", i%7, i)
		row = s.see(s.InApp(s.blink(), u, activity.SharePoint(), "FileDownloaded", doc, u.HomeIP, country))
	}
	s.raise(spec{source: "mdca", title: "Mass download by a single user", category: "Exfiltration", severity: "medium", techniques: []string{"T1530"},
		text: "A user downloaded far more files than usual.", actions: "Talk to the user's manager before the user."},
		s.user(u, row), s.ip(u.HomeIP, "", row), s.app(activity.SharePoint(), row))
	s.wait(5*time.Minute, 20*time.Minute)
	dev, as := u.Device, activity.AccountOf(u)
	zip := activity.NewFile(`C:\Users\`+u.Account+`\Documents`, "holiday-pictures.zip", "zip"+s.d.Hex(3), "")
	z, zRow := s.run(dev, s.Shell(s.now, dev, as), as, activity.NewFile(`C:\Program Files\7-Zip`, "7z.exe", "7z.exe", ""), `7z.exe a -pSummer holiday-pictures.zip C:\Users\`+u.Account+`\Downloads\valuation-*.xlsx`)
	s.see(s.Wrote(s.blink(), z, "FileCreated", zip))
	usb := activity.NewFile(`E:\`, zip.Name, "zip-usb", "")
	usb.SHA1, usb.SHA256, usb.MD5, usb.Size = zip.SHA1, zip.SHA256, zip.MD5, zip.Size
	s.see(s.Observed(s.blink(), z, "UsbDriveMounted", map[string]any{"DriveLetter": "E:", "BusType": "7", "SerialNumber": s.d.Hex(8), "Manufacturer": "Kingston"}))
	copied := s.see(s.Wrote(s.blink(), s.Shell(s.now, dev, as), "FileCreated", usb))
	s.raise(spec{source: "dlp", title: fmt.Sprintf("DLP policy (Deal documents) matched for document (%s) in a device", zip.Name), category: "Exfiltration", severity: dice.Pick(s.d, []string{"medium", "high"}),
		techniques: []string{"T1052.001"}, track: "dlp", text: "A document protected by a data loss prevention policy was copied to removable media.", actions: "Review the match in the compliance portal."},
		s.user(u, zRow), s.device(dev, copied), s.file(usb, copied, "detected").as("suspicious", "policyViolator"))
	s.raise(spec{source: "mde", title: "Suspicious archive creation with password", category: "Collection", severity: "low", techniques: []string{"T1560.001"},
		text: "Files were packed into an encrypted archive.", actions: "Check what the archive holds."},
		s.device(dev, zRow), s.user(u, zRow), s.process(z, zRow).as("suspicious"))
}

func oauthConsent(s *scene) {
	u, ip := s.victim(), s.attackerIP()
	appID, objectID := s.d.GUID(), s.d.GUID()
	name := dice.Pick(s.d, []string{"Mail Sorter Pro", "PDF Sign Helper", "Calendar Sync Plus"})
	app := activity.Office()
	consent := s.see(s.InApp(s.blink(), u, app, "Consent to application.", "", u.HomeIP, directory.CountryCode(u.Country)).Set("OAuthAppId", appID).Set("ObjectName", name).Set("IsAdminOperation", true))
	s.raise(spec{source: "mdca", title: "Misleading publisher name for an OAuth app", category: "InitialAccess", severity: "medium", techniques: []string{"T1528"},
		text: "An application whose publisher imitates a known company was given access to mail.", actions: "Disable the application and revoke its consent."},
		s.user(u, consent), s.oauth(appID, objectID, name, "Contoso Apps Ltd", consent).as("suspicious"), s.app(app, consent))
	s.wait(4*time.Minute, 18*time.Minute)
	var row *hunt.Row
	for range 12 {
		row = s.see(s.InApp(s.blink(), u, activity.Exchange(), "MailItemsAccessed", "", ip, "NL").Set("OAuthAppId", appID).Set("AccountType", "Application"))
	}
	s.raise(spec{source: "appgov", title: "App with suspicious OAuth scope made graph calls to read email and created inbox rule", category: "Collection", severity: "high", techniques: []string{"T1114.002"}, track: "app",
		text: "A recently consented application reads mail and makes rules.", actions: "Disable the application."},
		s.oauth(appID, objectID, name, "Contoso Apps Ltd", row).as("malicious", "attacker"), s.user(u, row), s.ip(ip, "NL", row).as("suspicious"))
	rule := s.see(s.InApp(s.blink(), u, activity.Exchange(), "New-InboxRule", "", ip, "NL").Set("OAuthAppId", appID))
	s.raise(spec{source: "mdca", title: "Suspicious inbox forwarding", category: "Exfiltration", severity: "high", techniques: []string{"T1114.003"},
		text: "A rule forwards messages to an outside address.", actions: "Remove the rule."},
		s.user(u, rule), s.mailbox(u, rule), s.ip(ip, "NL", rule), s.app(activity.Exchange(), rule))
}

func cryptoMining(s *scene) {
	var dev *directory.Device
	for _, i := range s.d.Perm(len(s.env.Dir.Devices)) {
		if dev = s.env.Dir.Devices[i]; dev.Platform == "Linux" {
			break
		}
	}
	root := s.Shell(s.now, dev, activity.System())
	for range 6 {
		s.see(s.Logon(s.blink(), dev, activity.Account{Domain: dev.Host, Name: "root"}, "Network", s.attackerIP(), false))
	}
	f := activity.NewFile("/tmp/.x", "kdevtmpfsi", "miner"+s.d.Hex(2), "")
	p, row := s.run(dev, root, activity.Account{Domain: dev.Host, Name: "root"}, f, "/tmp/.x/kdevtmpfsi -o stratum+tcp://pool.example:3333")
	pool := s.attackerIP()
	conn := s.see(s.Connection(s.blink(), p, "ConnectionSuccess", pool, 3333, "pool.example"))
	s.raise(spec{source: "mdc", title: "Process associated with digital currency mining detected", category: "Impact", severity: "medium", techniques: []string{"T1496"},
		text: "A process that is typical for mining of digital currency runs on the machine.", actions: "Stop the process and look for the way it came in."},
		s.device(dev, row), s.process(p, row).as("malicious"), s.file(f, row, "detected").as("malicious"), s.ip(pool, "", conn).as("suspicious", "commandAndControl"), s.azureResource(dev))
}
