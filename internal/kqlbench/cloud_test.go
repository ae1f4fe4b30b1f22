package kqlbench

import "fmt"

// logon is one row of IdentityLogonEvents.
func (t *tenant) logon(r *rows, d dice, at int64, _, i int) {
	who, dev := often(d, t.people), often(d, t.devices)
	failed := d.chance(0.07)
	r.time("TimeGenerated", at)
	r.text("ActionType", map[bool]string{true: "LogonFailed", false: "LogonSuccess"}[failed])
	r.text("Application", pick(d, []string{"Microsoft 365", "Active Directory", "Azure Portal", "Office 365 Exchange Online"}))
	r.text("LogonType", pick(d, []string{"Resource access", "Credentials validation", "Interactive", "Remote Desktop"}))
	r.text("Protocol", pick(d, []string{"Kerberos", "Ntlm", "Ldap", "OAuth2"}))
	r.text("FailureReason", map[bool]string{true: pick(d, []string{"WrongPassword", "AccountLocked", "InvalidUserNameOrPassword"})}[failed])
	r.text("AccountName", who.name)
	r.text("AccountDomain", "contoso")
	r.text("AccountUpn", who.upn)
	r.text("AccountSid", who.sid)
	r.text("AccountObjectId", who.id)
	r.text("AccountDisplayName", who.display)
	r.text("DeviceName", dev.name)
	r.text("OSPlatform", dev.os)
	r.text("IPAddress", d.publicIP())
	r.text("Location", often(d, []string{"DE", "US", "GB", "FR", "NL", "PL", "CN", "RU", "BR"}))
	r.text("ISP", fmt.Sprintf("Carrier %d", d.few(60)))
	r.text("ReportId", fmt.Sprintf("%d_%d", i, d.IntN(1<<30)))
	r.json("AdditionalFields", fmt.Sprintf(`{"Count":"%d","Spns":"HOST/%s","Risk":{"level":"%s","score":%d},"Authentication methods":["Password","%s"]}`,
		1+d.few(40), dev.name, pick(d, []string{"none", "none", "low", "medium", "high"}), d.IntN(100), pick(d, []string{"Sms", "App", "Fido"})))
}

// email is one row of EmailEvents.
func (t *tenant) email(r *rows, d dice, at int64, day, i int) {
	from, to := often(d, t.senders), often(d, t.people)
	domain := from[len(from)-len("partner000.example"):]
	inbound, threat := d.chance(0.7), ""
	if inbound && d.chance(0.04) {
		threat = pick(d, []string{"Phish", "Malware", "Spam", "Phish, Malware"})
	}
	r.time("TimeGenerated", at)
	r.text("NetworkMessageId", guid(uint64(day)<<32|uint64(i)|1<<50))
	r.text("InternetMessageId", "<"+d.hex(24)+"@"+domain+">")
	r.text("SenderFromAddress", from)
	r.text("SenderFromDomain", domain)
	r.text("SenderMailFromAddress", from)
	r.text("SenderIPv4", d.publicIP())
	r.text("RecipientEmailAddress", to.upn)
	r.text("RecipientObjectId", to.id)
	r.text("Subject", fmt.Sprintf("%s %d", pick(d, []string{"Invoice", "Meeting notes", "Re: project", "Your parcel", "Password expires", "Weekly report"}), d.few(100_000)))
	r.text("EmailDirection", map[bool]string{true: "Inbound", false: "Intra-org"}[inbound])
	r.text("DeliveryAction", map[bool]string{true: "Delivered", false: "Blocked"}[threat == "" || d.chance(0.2)])
	r.text("DeliveryLocation", pick(d, []string{"Inbox/folder", "Inbox/folder", "Quarantine", "Junk folder"}))
	r.text("ThreatTypes", threat)
	r.text("AuthenticationDetails", fmt.Sprintf(`{"SPF":"%s","DKIM":"pass","DMARC":"%s"}`, pick(d, []string{"pass", "fail"}), pick(d, []string{"pass", "none", "fail"})))
	r.int("AttachmentCount", int64(d.few(6)))
	r.int("UrlCount", int64(d.few(12)))
	r.int("EmailSize", int64(2000+d.few(1_000_000)))
	r.text("ReportId", fmt.Sprintf("%d-%d", day, i))
}

// cloud is one row of CloudAppEvents.
func (t *tenant) cloud(r *rows, d dice, at int64, _, i int) {
	who := often(d, t.people)
	action := often(d, []string{"MailItemsAccessed", "FileAccessed", "FileDownloaded", "UserLoggedIn", "New-InboxRule", "Set-Mailbox", "Add member to role.", "Consent to application.", "FileDeleted", "SearchQueryPerformed"})
	ip := d.publicIP()
	r.time("TimeGenerated", at)
	r.text("ActionType", action)
	r.text("Application", pick(d, []string{"Microsoft Exchange Online", "Microsoft SharePoint Online", "Microsoft Teams", "Office 365"}))
	r.text("AccountObjectId", who.id)
	r.text("AccountDisplayName", who.display)
	r.text("AccountId", who.upn)
	r.text("IPAddress", ip)
	r.text("CountryCode", often(d, []string{"DE", "US", "GB", "FR", "NL", "CN"}))
	r.text("City", fmt.Sprintf("City %d", d.few(80)))
	r.bool("IsAdminOperation", d.chance(0.05))
	r.text("UserAgent", fmt.Sprintf("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Agent/%d.%d", 100+d.few(40), d.IntN(10)))
	r.text("ObjectName", fmt.Sprintf("Document %d.docx", d.few(30_000)))
	r.json("ActivityObjects", fmt.Sprintf(`[{"Type":"Account","Role":"Actor","Name":"%s"},{"Type":"%s","Role":"Target object","Name":"Item %d","Id":"%s"}]`, who.display, pick(d, []string{"File", "Folder", "Mailbox", "Application"}), d.few(9000), d.hex(20)))
	r.json("RawEventData", fmt.Sprintf(`{"CreationTime":"2026-10-12T10:%02d:00","Operation":"%s","UserId":"%s","ClientIP":"%s","ResultStatus":"%s","Workload":"Exchange","AppId":"%s","DeviceProperties":[{"Name":"OS","Value":"%s"},{"Name":"SessionId","Value":"%s"}],"Item":{"Id":"%s","ParentFolder":{"Path":"\\%s"}}}`,
		d.IntN(60), action, who.upn, ip, pick(d, []string{"Succeeded", "Succeeded", "Failed"}), guid(uint64(d.few(40))), pick(d, systems), d.hex(32), d.hex(40), pick(d, []string{"Inbox", "Sent Items", "Drafts"})))
	r.text("ReportId", fmt.Sprintf("%d_%s", i, d.hex(8)))
}

var titles = []string{"Suspicious PowerShell command line", "Ransomware behavior detected", "Phish delivered due to an override", "Impossible travel", "Suspected brute-force attack", "Credential dumping", "Anomalous token", "Mass download"}

// evidence is one row of AlertEvidence.
func (t *tenant) evidence(r *rows, d dice, at int64, day, i int) {
	dev, who, p := often(d, t.devices), often(d, t.people), often(d, t.programs)
	kind := pick(d, []string{"Machine", "User", "File", "Process", "Ip"})
	r.time("TimeGenerated", at)
	r.text("AlertId", fmt.Sprintf("da%d_%d", day, i/4))
	r.text("Title", titles[(day*31+i/4)%len(titles)])
	r.text("Severity", pick(d, []string{"Low", "Medium", "High", "Informational"}))
	r.text("ServiceSource", "Microsoft Defender for Endpoint")
	r.text("DetectionSource", "EDR")
	r.text("Categories", `["Execution"]`)
	r.text("EntityType", kind)
	r.text("EvidenceRole", pick(d, []string{"Impacted", "Related"}))
	r.text("DeviceId", dev.id)
	r.text("DeviceName", dev.name)
	r.text("AccountName", who.name)
	r.text("AccountUpn", who.upn)
	r.text("AccountObjectId", who.id)
	r.text("FileName", p.name)
	r.text("SHA256", p.sha256)
	r.text("RemoteIP", map[bool]string{true: often(d, t.peers)}[kind == "Ip"])
	r.json("AdditionalFields", fmt.Sprintf(`{"Type":"%s","Verdict":%d}`, kind, d.IntN(4)))
}
