package story

import (
	"fmt"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/activity"
	"github.com/vedette-siem/vedette/internal/simtenant/dice"
	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/hunt"
)

func dlpCloud(s *scene) {
	u := s.victim()
	country := directory.CountryCode(u.Country)
	name := dice.Pick(s.d, []string{"Customer list EMEA.xlsx", "Passport scans.zip", "Contract drafts.docx"})
	doc := "https://contoso.sharepoint.com/sites/sales/Shared Documents/" + name
	app, where := activity.SharePoint(), "SharePoint"
	if s.d.Chance(0.4) {
		app, where = activity.OneDrive(), "OneDrive"
	}
	shared := s.see(s.InApp(s.now, u, app, "SharingInvitationCreated", doc, u.HomeIP, country))
	s.see(s.InApp(s.blink(), u, app, "DlpRuleMatch", doc, u.HomeIP, country))
	s.raise(spec{source: "dlp", title: fmt.Sprintf("DLP policy (Customer data) matched for document (%s) in %s", name, where), category: "Exfiltration", severity: dice.Pick(s.d, []string{"low", "medium", "high"}),
		text: "A document with protected content was shared with people outside.", actions: "Review the match in the compliance portal."},
		s.user(u, shared).as("unknown", "policyViolator"), s.app(app, shared), s.url(doc, nil).as("unknown", "contextual"))
}

// insiderRisk is a case of Insider Risk Management: its incident is seen, its alerts are not.
func insiderRisk(s *scene) {
	u := s.victim()
	country := directory.CountryCode(u.Country)
	var row *hunt.Row
	for i := range 12 + s.d.IntN(20) {
		row = s.see(s.InApp(s.blink(), u, activity.OneDrive(), "FileDownloaded", fmt.Sprintf("https://contoso-my.sharepoint.com/personal/plans/design-%d.pptx", i), u.HomeIP, country))
	}
	s.raise(spec{source: "irm", title: dice.Pick(s.d, []string{"Data theft by departing users", "Data leaks by priority users", "Risky browser usage"}), category: "Exfiltration", severity: dice.Pick(s.d, []string{"medium", "high"}),
		text: "The activity of a user was given a high risk score by a policy.", actions: "Review the case with those who are allowed to."},
		s.user(u, row))
}

func customDetection(s *scene) {
	u := s.victim()
	dev, as := u.Device, activity.AccountOf(u)
	ps, row := s.run(dev, s.Shell(s.now, dev, as), as, activity.Windows("net.exe"), "net.exe localgroup administrators "+u.Account+" /add")
	s.raise(spec{source: "custom-mde", title: "User added to the local administrators", category: "Persistence", severity: "medium", techniques: []string{"T1098"},
		text: "A custom detection rule: an account was added to the local administrators outside of the maintenance window.", actions: "Check with IT.", details: map[string]any{"RuleOwner": "SOC", "Window": "22:00-04:00"}},
		s.device(dev, row), s.user(u, row), s.process(ps, row).as("suspicious"))
	s.wait(4*time.Minute, 15*time.Minute)
	sign := s.see(s.SignIn(s.now, u, "Azure Portal", u.HomeIP, directory.CountryCode(u.Country), ""))
	s.raise(spec{source: "custom", title: "Privileged portal used from a workstation", category: "PrivilegeEscalation", severity: "low", techniques: []string{"T1078.004"}, track: "identity",
		text: "A custom detection rule: a cloud portal was opened from a device that is not for administration.", actions: "Remind the person of the rule.", details: map[string]any{"RuleOwner": "SOC"}},
		s.user(u, sign), s.ip(u.HomeIP, "", sign))
}

// looseAlert is an alert that belongs to no incident: informational and suppressed.
func looseAlert(s *scene) {
	u := s.victim()
	dev, as := u.Device, activity.AccountOf(u)
	p, row := s.run(dev, s.Shell(s.now, dev, as), as, activity.NewFile(`C:\Tools`, "portscan.exe", "portscan"+s.d.Hex(2), ""), "portscan.exe 10.10.0.0/24")
	s.raise(spec{source: "mde", title: "Network scanning tool was run", category: "Discovery", severity: "informational", techniques: []string{"T1046"}, loose: true,
		text: "A tuning rule hides this alert: the tool is allowed on this device.", actions: "No action is needed."},
		s.device(dev, row), s.user(u, row), s.process(p, row))
}
