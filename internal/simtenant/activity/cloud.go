package activity

import (
	"fmt"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/hunt"
)

// Mail is one message to one recipient.
type Mail struct {
	At                     time.Time
	NetworkID, InternetID  string
	From, FromName, FromIP string
	FromUser               *directory.User // set for internal senders
	To                     *directory.User
	Subject                string
	Direction              string // Inbound, Outbound, Intra-org
	Action, Location       string // Delivered, Blocked; Inbox/folder, Quarantine, Junk folder
	Threats, Methods       string
	URLs                   []string
	Attachment             *File
	Cluster                int64
	Language               string
}

// NewMail returns a delivered message without threats.
func (g *Stage) NewMail(at time.Time, from, fromName, fromIP string, to *directory.User, subject string) *Mail {
	return &Mail{At: at.Truncate(100), NetworkID: g.Dice.GUID(), InternetID: "<" + strings.ToUpper(g.Dice.Hex(14)) + "@" + domainOf(from) + ">", From: from, FromName: fromName, FromIP: fromIP,
		To: to, Subject: subject, Direction: "Inbound", Action: "Delivered", Location: "Inbox/folder", Cluster: int64(g.Dice.Uint32()), Language: "en"}
}

func domainOf(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

func (g *Stage) reportID(networkID string) string {
	return fmt.Sprintf("%s-%d-1", networkID, g.Next())
}

// Delivered records the message in EmailEvents.
func (g *Stage) Delivered(m *Mail) *hunt.Row {
	r := hunt.New("EmailEvents", m.At).Set("NetworkMessageId", m.NetworkID).Set("InternetMessageId", m.InternetID).Set("ReportId", g.reportID(m.NetworkID))
	r.Set("SenderMailFromAddress", m.From).Set("SenderFromAddress", m.From).Set("SenderDisplayName", m.FromName).Set("SenderMailFromDomain", domainOf(m.From)).Set("SenderFromDomain", domainOf(m.From))
	r.Set("SenderIPv4", m.FromIP).Set("RecipientEmailAddress", m.To.UPN).Set("RecipientObjectId", m.To.ObjectID).Set("RecipientDomain", directory.Domain)
	r.Set("Subject", m.Subject).Set("EmailClusterId", m.Cluster).Set("EmailDirection", m.Direction).Set("DeliveryAction", m.Action).Set("DeliveryLocation", m.Location)
	r.Set("LatestDeliveryAction", m.Action).Set("LatestDeliveryLocation", m.Location).Set("EmailLanguage", m.Language).Set("UrlCount", len(m.URLs))
	r.Set("To", []string{m.To.UPN}).Set("Cc", []string{}).Set("EmailSize", 9000+g.Dice.IntN(90000)).Set("IsFirstContact", m.Threats != "")
	r.Set("AuthenticationDetails", map[string]string{"SPF": "pass", "DKIM": "pass", "DMARC": "bestguesspass", "CompAuth": "pass"})
	if m.FromUser != nil {
		r.Set("SenderObjectId", m.FromUser.ObjectID)
	}
	if m.Attachment != nil {
		r.Set("AttachmentCount", 1)
	}
	if m.Threats != "" {
		r.Set("ThreatTypes", m.Threats).Set("DetectionMethods", fmt.Sprintf(`{%q:[%q]}`, m.Threats, m.Methods)).Set("ConfidenceLevel", fmt.Sprintf(`{%q:"High"}`, m.Threats))
		r.Set("AuthenticationDetails", map[string]string{"SPF": "fail", "DKIM": "none", "DMARC": "fail", "CompAuth": "fail"})
	}
	return r
}

// Attached records the message's attachment.
func (g *Stage) Attached(m *Mail) *hunt.Row {
	f := m.Attachment
	r := hunt.New("EmailAttachmentInfo", m.At).Set("NetworkMessageId", m.NetworkID).Set("SenderFromAddress", m.From).Set("SenderDisplayName", m.FromName).Set("RecipientEmailAddress", m.To.UPN)
	r.Set("RecipientObjectId", m.To.ObjectID).Set("FileName", f.Name).Set("SHA256", f.SHA256).Set("FileSize", f.Size).Set("ReportId", g.reportID(m.NetworkID))
	ext := f.Name[strings.LastIndexByte(f.Name, '.')+1:]
	r.Set("FileType", ext+";").Set("FileExtension", ext)
	if m.Threats != "" {
		r.Set("ThreatTypes", m.Threats)
	}
	return r
}

// Linked records one address in the message.
func (g *Stage) Linked(m *Mail, url string) *hunt.Row {
	return hunt.New("EmailUrlInfo", m.At).Set("NetworkMessageId", m.NetworkID).Set("Url", url).Set("UrlDomain", hostOf(url)).Set("UrlLocation", "Body").Set("ReportId", g.reportID(m.NetworkID))
}

func hostOf(url string) string {
	s := strings.TrimPrefix(strings.TrimPrefix(url, "https://"), "http://")
	host, _, _ := strings.Cut(s, "/")
	return host
}

// Purged records that the message was removed after delivery.
func (g *Stage) Purged(at time.Time, m *Mail, trigger string) *hunt.Row {
	return hunt.New("EmailPostDeliveryEvents", at).Set("NetworkMessageId", m.NetworkID).Set("InternetMessageId", m.InternetID).Set("Action", "Moved to quarantine").Set("ActionType", "Phish ZAP").
		Set("ActionTrigger", trigger).Set("ActionResult", "Success").Set("RecipientEmailAddress", m.To.UPN).Set("DeliveryLocation", "Quarantine").Set("ReportId", g.reportID(m.NetworkID)).
		Set("SenderFromAddress", m.From)
}

// Clicked records a click on a link.
func (g *Stage) Clicked(at time.Time, u *directory.User, url, networkID, action string) *hunt.Row {
	return hunt.New("UrlClickEvents", at).Set("Url", url).Set("ActionType", action).Set("AccountUpn", u.UPN).Set("Workload", "Email").Set("NetworkMessageId", networkID).
		Set("IPAddress", u.HomeIP).Set("IsClickedThrough", action == "ClickAllowed").Set("UrlChain", []string{url}).Set("ReportId", fmt.Sprintf("%s-%d", g.Dice.GUID(), g.Next())).
		Set("AppName", "Outlook").Set("AppVersion", "16.0.18730").Set("SourceId", g.Dice.GUID())
}

func (g *Stage) identityID() string {
	return fmt.Sprintf("%s_%s_%d", g.Dice.Hex(12), g.Dice.GUID(), g.Next())
}

func identity(r *hunt.Row, u *directory.User) *hunt.Row {
	return r.SetIf("AccountUpn", u.UPN).SetIf("AccountName", u.Account).SetIf("AccountDomain", directory.Domain).SetIf("AccountSid", u.SID).SetIf("AccountObjectId", u.ObjectID).SetIf("AccountDisplayName", u.Name)
}

// SignIn records a sign-in to Entra ID seen by Defender for Cloud Apps; reason is "" for a success.
func (g *Stage) SignIn(at time.Time, u *directory.User, app, ip, country, reason string) *hunt.Row {
	action := "LogonSuccess"
	if reason != "" {
		action = "LogonFailed"
	}
	r := identity(hunt.New("IdentityLogonEvents", at), u).Set("ActionType", action).Set("Application", app).Set("LogonType", "OAuth2:Authorize").Set("IPAddress", ip).Set("Location", country)
	r.Set("AccountSid", nil).Set("OSPlatform", "Windows 10").Set("DeviceType", "Desktop").Set("ISP", "contoso broadband").Set("ReportId", g.identityID())
	r.Set("AdditionalFields", map[string]any{"TargetAccount": u.UPN, "Request ID": g.Dice.GUID(), "Pass-through authentication": "false"})
	if reason != "" {
		r.Set("FailureReason", reason)
	}
	return r
}

// DomainLogon records a logon seen by Defender for Identity on a domain controller.
func (g *Stage) DomainLogon(at time.Time, u *directory.User, from, to, dc *directory.Device, protocol, reason string) *hunt.Row {
	action := "LogonSuccess"
	if reason != "" {
		action = "LogonFailed"
	}
	r := identity(hunt.New("IdentityLogonEvents", at), u).Set("ActionType", action).Set("Application", "Active Directory").Set("LogonType", "Credentials validation").Set("Protocol", protocol)
	r.Set("AccountDomain", directory.ADDomain).Set("DeviceName", from.DNS).Set("IPAddress", from.IP).Set("OSPlatform", from.Platform).Set("DestinationDeviceName", dc.DNS).Set("DestinationIPAddress", dc.IP)
	r.Set("DestinationPort", 88).Set("Port", 49152+g.Dice.IntN(16000)).Set("TargetDeviceName", to.DNS).Set("ReportId", g.identityID())
	r.Set("AdditionalFields", map[string]any{"Count": "1", "DestinationComputerOperatingSystem": dc.Platform, "Spns": "cifs/" + to.DNS})
	if reason != "" {
		r.Set("FailureReason", reason)
	}
	return r
}

// Queried records a directory query seen on a domain controller.
func (g *Stage) Queried(at time.Time, u *directory.User, from, dc *directory.Device, kind, target, query, protocol string) *hunt.Row {
	r := identity(hunt.New("IdentityQueryEvents", at), u).Set("ActionType", protocol+" query").Set("Application", "Active Directory").Set("QueryType", kind).Set("QueryTarget", target).Set("Query", query)
	r.Set("Protocol", protocol).Set("DeviceName", from.DNS).Set("IPAddress", from.IP).Set("DestinationDeviceName", dc.DNS).Set("DestinationIPAddress", dc.IP).Set("DestinationPort", 389)
	return r.Set("Port", 49152+g.Dice.IntN(16000)).Set("AccountDomain", directory.ADDomain).Set("ReportId", g.identityID()).Set("AdditionalFields", map[string]any{"Count": "1"})
}

// DirectoryChanged records a change of an account or group; target may be nil.
func (g *Stage) DirectoryChanged(at time.Time, u, target *directory.User, from, dc *directory.Device, action string, fields map[string]any) *hunt.Row {
	r := identity(hunt.New("IdentityDirectoryEvents", at), u).Set("ActionType", action).Set("Application", "Active Directory").Set("Protocol", "Ldap").Set("AccountDomain", directory.ADDomain)
	if from != nil {
		r.Set("DeviceName", from.DNS).Set("IPAddress", from.IP)
	}
	r.Set("DestinationDeviceName", dc.DNS).Set("DestinationIPAddress", dc.IP).Set("DestinationPort", 389).Set("ReportId", g.identityID())
	if target != nil {
		r.Set("TargetAccountUpn", target.UPN).Set("TargetAccountDisplayName", target.Name)
	}
	return r.Set("AdditionalFields", fields)
}

// App is a cloud application with its ids.
type App struct {
	Name     string
	ID       int
	Instance int
}

// Exchange is Exchange Online.
func Exchange() App { return App{"Microsoft Exchange Online", 20893, 0} }

// SharePoint is SharePoint Online.
func SharePoint() App { return App{"Microsoft SharePoint Online", 20892, 0} }

// OneDrive is OneDrive for Business.
func OneDrive() App { return App{"Microsoft OneDrive for Business", 15600, 0} }

// Teams is Microsoft Teams.
func Teams() App { return App{"Microsoft Teams", 28375, 0} }

// Azure is the management of Azure resources.
func Azure() App { return App{"Microsoft Azure", 12260, 0} }

// AWS is Amazon Web Services.
func AWS() App { return App{"Amazon Web Services", 11599, 0} }

// GCP is Google Cloud Platform.
func GCP() App { return App{"Google Cloud Platform", 20542, 0} }

// GitHub is GitHub.
func GitHub() App { return App{"GitHub", 11184, 0} }

// Office is the suite as a whole.
func Office() App { return App{"Office 365", 11161, 0} }

// InApp records an activity in a cloud application.
func (g *Stage) InApp(at time.Time, u *directory.User, app App, action, object, ip, country string) *hunt.Row {
	r := hunt.New("CloudAppEvents", at).Set("ActionType", action).Set("Application", app.Name).Set("ApplicationId", app.ID).Set("AppInstanceId", app.Instance)
	r.Set("AccountObjectId", u.ObjectID).Set("AccountId", u.UPN).Set("AccountDisplayName", u.Name).Set("AccountType", "Regular").Set("IPAddress", ip).Set("CountryCode", country)
	if ip == u.HomeIP {
		r.Set("City", u.City)
	}
	r.Set("ISP", "contoso broadband").Set("ActivityType", activityType(action)).Set("AuditSource", "Defender for Cloud Apps app connector").Set("IPCategory", "Other")
	id := fmt.Sprintf("%d_%d_%s", app.ID, g.Next(), g.Dice.GUID())
	r.Set("ReportId", id).Set("AdditionalFields", map[string]any{"IsSatelliteProvider": false})
	r.Set("RawEventData", map[string]any{"Id": g.Dice.GUID(), "Operation": action, "UserId": u.UPN, "ClientIP": ip, "Workload": app.Name, "CreationTime": at.UTC().Format("2006-01-02T15:04:05"), "ObjectId": object,
		"RecordType": 6, "Version": 1})
	objects := []map[string]any{{"Type": "User", "Role": "Actor", "Name": u.Name, "Id": u.ObjectID, "ApplicationId": app.ID, "ApplicationInstance": 0}}
	if object != "" {
		r.Set("ObjectName", object).Set("ObjectType", "File").Set("ObjectId", object)
		objects = append(objects, map[string]any{"Type": "File", "Role": "Target object", "Name": object, "Id": object, "ApplicationId": app.ID, "ApplicationInstance": 0})
	}
	return r.Set("ActivityObjects", objects)
}

func activityType(action string) string {
	switch {
	case strings.HasPrefix(action, "File"):
		return "Basic"
	case strings.Contains(action, "InboxRule"):
		return "Create"
	case strings.HasPrefix(action, "Consent"), strings.HasPrefix(action, "Add"):
		return "Manage"
	}
	return "Basic"
}
