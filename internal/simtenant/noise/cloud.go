package noise

import (
	"fmt"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/activity"
	"github.com/vedette-siem/vedette/internal/simtenant/dice"
	"github.com/vedette-siem/vedette/internal/simtenant/directory"
)

func (m *maker) person() *directory.User { return dice.Pick(m.Dice, m.Dir.People) }

func (m *maker) message() *activity.Mail {
	to := m.person()
	if m.Dice.Chance(0.4) {
		from := m.person()
		mail := m.NewMail(m.when(), from.UPN, from.Name, "40.107.22.10", to, dice.Pick(m.Dice, []string{"Re: Weekly status", "Minutes of today's call", "Lunch?", "Fw: Quarterly plan – draft", "Access request"}))
		mail.FromUser, mail.Direction = from, "Intra-org"
		return mail
	}
	from := dice.Pick(m.Dice, []string{"news@fabrikam.example", "orders@northwind.example", "support@adatum.example", "invoices@tailspin.example"})
	mail := m.NewMail(m.when(), from, "Partner", "40.92.18.33", to, dice.Pick(m.Dice, []string{"Your order has shipped", "Newsletter", "Ihre Rechnung – März", "Meeting invitation", "Price list"}))
	mail.Language = dice.Pick(m.Dice, []string{"en", "en", "de"})
	return mail
}

func (m *maker) mail() {
	mail := m.message()
	switch {
	case m.Dice.Chance(0.35):
		mail.URLs = []string{fmt.Sprintf("https://www.fabrikam.example/read/%d", m.Dice.IntN(9000))}
		m.add(m.Linked(mail, mail.URLs[0]))
	case m.Dice.Chance(0.35):
		name := dice.Pick(m.Dice, []string{"agenda.docx", "invoice.pdf", "prices.xlsx", "photo.png"})
		mail.Attachment = activity.NewFile("", name, name+m.Dice.Hex(2), "")
		m.add(m.Attached(mail))
	}
	m.add(m.Delivered(mail))
}

func (m *maker) click() {
	u := m.person()
	m.add(m.Clicked(m.when(), u, fmt.Sprintf("https://www.fabrikam.example/read/%d", m.Dice.IntN(9000)), m.Dice.GUID(), "ClickAllowed"))
}

func (m *maker) purge() {
	mail := m.message()
	now := mail.At
	mail.At = now.Add(-m.Dice.Between(time.Minute, time.Hour))
	m.add(m.Delivered(mail))
	m.add(m.Purged(now, mail, "ZAP").Set("ActionType", "Spam ZAP").Set("Action", "Moved to junk").Set("DeliveryLocation", "Junk folder"))
}

func (m *maker) signIn() {
	u := m.person()
	reason := ""
	if m.Dice.Chance(0.08) {
		reason = "InvalidUserNameOrPassword"
	}
	r := m.add(m.SignIn(m.when(), u, dice.Pick(m.Dice, []string{"Microsoft Teams", "Office 365 Exchange Online", "Microsoft Edge", "OfficeHome", "Azure Portal"}), u.HomeIP, directory.CountryCode(u.Country), reason))
	if m.Dice.Chance(0.03) {
		r.Spell("ISP", "Isp")
	}
	if m.Dice.Chance(0.3) {
		r.Set("UncommonForUser", []string{"ISP", "IPAddress"}).Set("LastSeenForUser", map[string]int{"ISP": 12, "IPAddress": m.Dice.IntN(30)})
	}
}

func (m *maker) domainLogon() {
	u, dc := m.person(), dice.Pick(m.Dice, m.Dir.DCs)
	m.add(m.DomainLogon(m.when(), u, u.Device, dice.Pick(m.Dice, m.Dir.Servers), dc, dice.Pick(m.Dice, []string{"Kerberos", "Kerberos", "Ntlm"}), ""))
}

func (m *maker) query() {
	u, dc := m.person(), dice.Pick(m.Dice, m.Dir.DCs)
	if m.Dice.Chance(0.6) {
		m.add(m.Queried(m.when(), u, u.Device, dc, "DNS", "updates.contoso.com", "", "Dns"))
		return
	}
	m.add(m.Queried(m.when(), u, u.Device, dc, "QueryUser", u.Account, "(sAMAccountName="+u.Account+")", "Ldap"))
}

func (m *maker) directoryChange() {
	u, dc := m.person(), dice.Pick(m.Dice, m.Dir.DCs)
	by := m.Dir.Service("adm-helpdesk")
	action := dice.Pick(m.Dice, []string{"Account Password changed", "Account Display Name changed", "Group Membership changed", "Account Unlocked"})
	m.add(m.DirectoryChanged(m.when(), by, u, nil, dc, action, map[string]any{"ACTOR.ENTITY_USER": by.Account, "TARGET_OBJECT.ENTITY_USER": u.Account}))
}

func (m *maker) cloud() {
	u := m.person()
	app := dice.Pick(m.Dice, []activity.App{activity.SharePoint(), activity.OneDrive(), activity.Exchange(), activity.Teams()})
	action, object := "MailItemsAccessed", ""
	switch app.ID {
	case activity.SharePoint().ID, activity.OneDrive().ID:
		action = dice.Pick(m.Dice, []string{"FileAccessed", "FileModified", "FileDownloaded", "FilePreviewed"})
		object = fmt.Sprintf("https://contoso.sharepoint.com/sites/%s/Shared Documents/doc-%d.docx", dice.Pick(m.Dice, []string{"finance", "sales", "hr"}), m.Dice.IntN(500))
	case activity.Teams().ID:
		action = dice.Pick(m.Dice, []string{"MessageSent", "TeamsSessionStarted", "MeetingParticipantDetail"})
	}
	m.add(m.InApp(m.when(), u, app, action, object, u.HomeIP, directory.CountryCode(u.Country)))
}
