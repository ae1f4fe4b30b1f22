package story

import (
	"fmt"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/activity"
	"github.com/vedette-siem/vedette/internal/simtenant/dice"
	"github.com/vedette-siem/vedette/internal/simtenant/directory"
)

func reportedPhish(s *scene) {
	u := s.victim()
	url := "https://" + s.attackerHost() + "/track/" + s.d.Hex(4)
	mails, row := s.phish(u, url, dice.Pick(s.d, []string{"Your parcel is waiting", "Password expires today", "New voice message (0:41)", "Payroll correction"}), nil)
	s.wait(8*time.Minute, 40*time.Minute)
	s.raise(spec{source: "mdo", title: "Email reported by user as malware or phish", category: "InitialAccess", severity: "low", techniques: []string{"T1566"},
		text: "A user reported a message as suspicious.", actions: "Review the message and purge it if it is malicious."},
		s.message(mails[0], row).as("suspicious", "source"), s.mailbox(u, row), s.user(u, row).as("unknown", "contextual"), s.url(url, s.see(s.Linked(mails[0], url))).as("suspicious"))
}

func unwantedSoftware(s *scene) {
	u := s.victim()
	dev, as := u.Device, activity.AccountOf(u)
	name := dice.Pick(s.d, []string{"DriverUpdater", "Sogou", "InstallCore", "Presenoker"})
	f := activity.NewFile(`C:\Users\`+u.Account+`\AppData\Local\Temp`, name+"_setup.exe", name, "Softbundle Ltd")
	p, row := s.run(dev, s.Shell(s.now, dev, as), as, f, f.Path()+" /silent")
	av := s.see(s.Touched(s.blink(), p, "AntivirusDetection", f, map[string]any{"ThreatName": "PUA:Win32/" + name, "WasRemediated": true, "Action": "Quarantine"}))
	s.raise(spec{source: "av", title: fmt.Sprintf("'%s' unwanted software was detected", name), category: "UnwantedSoftware", severity: "low", family: name,
		text: "An application that users rarely want was found.", actions: "Remove the application."},
		s.device(dev, av), s.user(u, row), s.file(f, av, "detected").as("suspicious").remedied("remediated"), s.process(p, row))
}

func infrequentCountry(s *scene) {
	u, ip := dice.Pick(s.d, s.env.Dir.People), s.attackerIP()
	country := dice.Pick(s.d, []string{"VN", "NG", "AR", "KZ"})
	app := dice.Pick(s.d, []activity.App{activity.SharePoint(), activity.Exchange(), activity.Teams()})
	sign := s.see(s.SignIn(s.now, u, app.Name, ip, country, ""))
	row := s.see(s.InApp(s.blink(), u, app, "FileAccessed", "https://contoso.sharepoint.com/sites/sales/Shared Documents/plan.docx", ip, country))
	s.raise(spec{source: "mdca", title: "Activity from infrequent country", category: "InitialAccess", severity: "medium", techniques: []string{"T1078"},
		text: "The user was active from a country nobody in the organization came from lately.", actions: "Ask the user whether they travel."},
		s.user(u, row), s.ip(ip, country, sign).as("suspicious"), s.app(app, row))
}

func dlpMail(s *scene) {
	u := s.victim()
	file := activity.NewFile("", dice.Pick(s.d, []string{"customers.xlsx", "cards-2026.csv", "payroll.xlsx"}), "list"+s.d.Hex(2), "")
	partner := &directory.User{UPN: "someone@fabrikam.example"}
	m := s.NewMail(s.now, u.UPN, u.Name, "40.107.22.10", partner, "list as promised")
	m.FromUser, m.Direction, m.Attachment = u, "Outbound", file
	row := s.see(s.Delivered(m).Set("RecipientDomain", "fabrikam.example"))
	attached := s.see(s.Attached(m).Set("RecipientObjectId", nil))
	act := s.see(s.InApp(s.blink(), u, activity.Exchange(), "DlpRuleMatch", file.Name, u.HomeIP, directory.CountryCode(u.Country)))
	s.raise(spec{source: "dlp", title: fmt.Sprintf("DLP policy (Financial data) matched for email with subject (%s)", m.Subject), category: "Exfiltration", severity: dice.Pick(s.d, []string{"low", "medium"}),
		text: "A message with protected content left the organization.", actions: "Review the match in the compliance portal."},
		s.user(u, act), s.message(m, row).as("suspicious"), s.file(file, attached, "detected").as("unknown", "policyViolator"))
}
