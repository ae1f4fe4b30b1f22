package story

import (
	"fmt"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/activity"
	"github.com/vedette-siem/vedette/internal/simtenant/dice"
	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/hunt"
)

func tokenTheft(s *scene) {
	u, host := s.victim(), s.attackerHost()
	url := "https://" + host + "/common/login"
	mails, mailRow := s.phish(u, url, "Shared document: Q4 plan.docx", nil)
	s.wait(3*time.Minute, 15*time.Minute)
	click := s.see(s.Clicked(s.now, u, url, mails[0].NetworkID, "ClickAllowed"))
	browser, browserRow := s.run(u.Device, s.Shell(s.now, u.Device, activity.AccountOf(u)), activity.AccountOf(u), activity.NewFile(`C:\Program Files (x86)\Microsoft\Edge\Application`, "msedge.exe", "msedge.exe", "Microsoft Corporation"), `"msedge.exe" `+url)
	conn := s.see(s.Connection(s.blink(), browser, "ConnectionSuccess", s.attackerIP(), 443, url))
	s.raise(spec{source: "xdr", title: "Possible AiTM phishing attempt", category: "CredentialAccess", severity: "medium", techniques: []string{"T1557", "T1539"},
		text: "A user opened a page that relays sign-ins to steal session cookies.", actions: "Revoke the user's sessions.\nReset the password."},
		s.user(u, click), s.url(url, conn).as("malicious"), s.device(u.Device, browserRow), s.process(browser, browserRow), s.message(mails[0], mailRow).as("suspicious"))
	ip := s.attackerIP()
	sign := s.see(s.SignIn(s.blink(), u, "OfficeHome", ip, "NL", ""))
	s.raise(spec{source: "ipc", title: "Anomalous Token", category: "CredentialAccess", severity: "high", techniques: []string{"T1528", "T1550"}, track: "identity",
		text: "The token has unusual characteristics, such as its lifetime or an unfamiliar location.", actions: "Confirm or dismiss the risk.\nRevoke the user's sessions."},
		s.user(u, sign), s.ip(ip, "NL", sign).as("suspicious", "attacker"))
	s.wait(2*time.Minute, 10*time.Minute)
	rule := s.see(s.InApp(s.blink(), u, activity.Exchange(), "New-InboxRule", "", ip, "NL"))
	s.raise(spec{source: "mdca", title: "Suspicious inbox manipulation rule", category: "DefenseEvasion", severity: "high", techniques: []string{"T1564.008"},
		text: "A rule was made that hides or deletes messages in the user's mailbox.", actions: "Remove the rule and review the mailbox."},
		s.user(u, rule), s.ip(ip, "NL", rule).as("suspicious"), s.app(activity.Exchange(), rule), s.mailbox(u, rule))
	for range 5 {
		s.see(s.InApp(s.blink(), u, activity.Exchange(), "MailItemsAccessed", "", ip, "NL"))
	}
	purge := s.see(s.Purged(s.blink(), mails[0], "ZAP"))
	s.raise(spec{source: "mdo", title: "Email messages containing malicious URL removed after delivery", category: "InitialAccess", severity: "informational", techniques: []string{"T1566.002"}, track: "mail",
		text: "Messages with a link that proved malicious were removed from mailboxes.", actions: "Review who opened the message before it was removed."},
		s.message(mails[0], purge).as("malicious").remedied("remediated"), s.mailbox(u, purge), s.url(url, click).as("malicious"), s.cluster(mails))
	s.raise(spec{source: "xdr", title: "Stolen session cookie was used", category: "InitialAccess", severity: "high", techniques: []string{"T1539"},
		text: "A session cookie taken from a user's browser was used from another place.", actions: "Revoke the user's sessions and reset the password."},
		s.user(u, sign), s.ip(ip, "NL", sign).as("malicious", "attacker"))
}

func passwordSpray(s *scene) {
	ip := s.attackerIP()
	var rows []*hunt.Row
	var users []*directory.User
	for range 14 + s.d.IntN(10) {
		u := dice.Pick(s.d, s.env.Dir.People)
		users, rows = append(users, u), append(rows, s.see(s.SignIn(s.blink(), u, "Microsoft Azure CLI", ip, "RO", "InvalidUserNameOrPassword")))
	}
	hit := s.victim()
	ok := s.see(s.SignIn(s.blink(), hit, "Microsoft Azure CLI", ip, "RO", ""))
	s.raise(spec{source: "ipc", title: "Password Spray", category: "CredentialAccess", severity: "high", techniques: []string{"T1110.003"},
		text: "Common passwords were tried against many users, and one of them worked.", actions: "Reset the user's password."},
		s.user(hit, ok), s.ip(ip, "RO", ok).as("malicious", "attacker"))
	s.raise(spec{source: "mdca", title: "Activity from an anonymous proxy", category: "InitialAccess", severity: "medium", techniques: []string{"T1078"}, track: "cloud",
		text: "The user was active from an address known as an anonymous proxy.", actions: "Ask the user whether this was them."},
		s.user(hit, s.see(s.InApp(s.blink(), hit, activity.Office(), "UserLoggedIn", "", ip, "RO").Set("IsAnonymousProxy", true))), s.ip(ip, "RO", rows[0]).as("suspicious"), s.user(users[0], rows[0]).as("unknown", "attacked"))
	s.wait(2*time.Minute, 9*time.Minute)
	dc := s.env.Dir.DCs[0]
	enum := s.see(s.Queried(s.blink(), hit, hit.Device, dc, "EnumerateUsers", "users", "", "Samr"))
	s.raise(spec{source: "mdi", title: "User and group membership reconnaissance (SAMR)", category: "Discovery", severity: "medium", techniques: []string{"T1087.002"}, track: "identity",
		text: "The account enumerated users and groups of the domain.", actions: "Check whether the tool that did this is allowed."},
		s.user(hit, enum), s.device(hit.Device, enum), s.ip(hit.Device.IP, "", enum))
}

func domainTakeover(s *scene) {
	u, dc := s.victim(), s.env.Dir.DCs[0]
	for range 4 {
		s.see(s.Queried(s.blink(), u, u.Device, dc, "AllServicePrincipalNames", "(servicePrincipalName=*)", "(&(objectClass=user)(servicePrincipalName=*))", "Ldap"))
	}
	q := s.see(s.Queried(s.blink(), u, u.Device, dc, "AllUsers", "users", "(objectCategory=person)", "Ldap"))
	s.raise(spec{source: "mdi", title: "Security principal reconnaissance (LDAP)", category: "CredentialAccess", severity: "medium", techniques: []string{"T1087.002", "T1558.003"},
		text: "The account asked the directory for accounts that are worth attacking.", actions: "Investigate the source computer."},
		s.user(u, q), s.device(u.Device, q), s.ip(u.Device.IP, "", q))
	s.wait(4*time.Minute, 16*time.Minute)
	as := activity.AccountOf(u)
	tool := activity.NewFile(`C:\Users\`+u.Account+`\AppData\Local\Temp`, "mz64.exe", "mimikatz"+s.d.Hex(2), "")
	p, pRow := s.run(u.Device, s.Shell(s.now, u.Device, as), as, tool, "mz64.exe privilege::debug lsadump::dcsync /user:krbtgt")
	s.raise(spec{source: "mde", title: "'Mimikatz' hacktool was detected", category: "CredentialAccess", severity: "high", techniques: []string{"T1003"}, family: "Mimikatz", track: "endpoint",
		text: "A tool that steals credentials was run.", actions: "Isolate the device."},
		s.device(u.Device, pRow), s.user(u, pRow), s.process(p, pRow).as("malicious"), s.file(tool, pRow, "detected").as("malicious"))
	sync := s.see(s.DirectoryChanged(s.blink(), u, nil, u.Device, dc, "Directory Services replication", map[string]any{"ACTOR.DEVICE": u.Device.DNS, "TO.DEVICE": dc.DNS}))
	s.raise(spec{source: "mdi", title: "Suspected DCSync attack (replication of directory services)", category: "CredentialAccess", severity: "high", techniques: []string{"T1003.006"},
		text: "A replication was started from a computer that is not a domain controller.", actions: "Reset the krbtgt account twice."},
		s.user(u, sync), s.device(u.Device, sync), s.device(dc, sync).as("unknown", "attacked"))
	g := s.env.Dir.Group("Domain Admins")
	add := s.see(s.DirectoryChanged(s.blink(), u, u, u.Device, dc, "Group Membership changed", map[string]any{"TO.GROUP": g.Name, "ACTION": "Add", "ATTACK.GROUP_SID": g.SID}))
	s.raise(spec{source: "mdi", title: "Suspicious additions to sensitive groups", category: "Persistence", severity: "medium", techniques: []string{"T1098"},
		text: "An account was added to a group with high privileges.", actions: "Remove the account from the group."},
		s.user(u, add), s.group(g, add), s.device(dc, add))
}

func riskySignIn(s *scene) {
	u, ip := dice.Pick(s.d, s.env.Dir.People), s.attackerIP()
	title := dice.Pick(s.d, []string{"Unfamiliar sign-in properties", "Atypical travel", "Anonymous IP address"})
	home := s.see(s.SignIn(s.blink(), u, "Microsoft Teams", u.HomeIP, directory.CountryCode(u.Country), ""))
	s.wait(10*time.Minute, 30*time.Minute)
	row := s.see(s.SignIn(s.now, u, "Office 365 Exchange Online", ip, "BR", ""))
	s.raise(spec{source: "ipc", title: title, category: "InitialAccess", severity: dice.Pick(s.d, []string{"medium", "high", "low"}), techniques: []string{"T1078"},
		text: "The sign-in differs from what is usual for this user.", actions: "Ask the user.\nConfirm or dismiss the risk."},
		s.user(u, row), s.ip(ip, "BR", row).as("suspicious"), s.ip(u.HomeIP, "", home))
	if title == "Atypical travel" {
		act := s.see(s.InApp(s.blink(), u, activity.Exchange(), "MailItemsAccessed", "", ip, "BR"))
		s.raise(spec{source: "mdca", title: "Impossible travel activity", category: "InitialAccess", severity: "medium", techniques: []string{"T1078"}, track: "cloud",
			text: fmt.Sprintf("The user %s was active in two countries within a time too short to travel between them.", u.UPN), actions: "Ask the user."},
			s.user(u, act), s.ip(ip, "BR", act).as("suspicious"), s.app(activity.Exchange(), act))
	}
}
