package story

import (
	"fmt"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/activity"
	"github.com/vedette-siem/vedette/internal/simtenant/dice"
	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/hunt"
)

// principal is an application's identity in the tenant.
func (s *scene) principal(appID, name string, row *hunt.Row) *clue {
	c := s.thing("servicePrincipalEvidence", "ServicePrincipal", row, appID, []string{"OAuthAppId"}, map[string]any{"appId": appID, "appOwnerTenantId": s.env.Dir.TenantID, "servicePrincipalName": name,
		"servicePrincipalObjectId": dice.New(s.env.Seed, "principal", appID).GUID(), "servicePrincipalType": "application", "tenantId": s.env.Dir.TenantID}, map[string]any{"Type": "service-principal", "AppId": appID, "Name": name})
	c.fill = func(r *hunt.Row) { r.Set("OAuthApplicationId", appID).Set("Application", name) }
	return c
}

func appGovernance(s *scene) {
	u, ip := s.victim(), s.attackerIP()
	appID, objectID := s.d.GUID(), s.d.GUID()
	name := dice.Pick(s.d, []string{"Expense Robot", "Report Mailer", "Legacy Sync Tool"})
	var row *hunt.Row
	for range 8 + s.d.IntN(8) {
		row = s.see(s.InApp(s.blink(), u, activity.SharePoint(), "FileDownloaded", "https://contoso.sharepoint.com/sites/hr/Shared Documents/file-"+s.d.Hex(2)+".pdf", ip, "NL").Set("OAuthAppId", appID).Set("AccountType", "Application"))
	}
	s.raise(spec{source: "appgov-policy", title: "Increase in data usage by an overprivileged or highly privileged app", category: "Exfiltration", severity: "medium",
		text: "An application with many rights moved more data than before.", actions: "Take away the rights it does not use."},
		s.oauth(appID, objectID, name, "Contoso", row).as("suspicious"), s.principal(appID, name, row))
	s.wait(3*time.Minute, 12*time.Minute)
	cred := s.see(s.InApp(s.now, u, activity.Office(), "Update application – Certificates and secrets management ", "", ip, "NL").Set("OAuthAppId", appID).Set("IsAdminOperation", true))
	s.raise(spec{source: "ipc", title: "Suspicious API traffic", category: "CredentialAccess", severity: "high", techniques: []string{"T1528"}, track: "identity",
		text: "The application asks the directory for more than it ever did.", actions: "Remove the new secret."},
		s.principal(appID, name, cred), s.ip(ip, "NL", cred).as("suspicious"), s.piece("cloudLogonRequestEvidence", "CloudLogonRequest", cred, appID, map[string]any{"requestId": s.d.GUID()}, map[string]any{"Type": "cloud-logon-request"}))
}

func mailFraud(s *scene) {
	u, ip := s.victim(), s.attackerIP()
	sign := s.see(s.SignIn(s.now, u, "Office 365 Exchange Online", ip, "NG", ""))
	session := map[string]any{"sessionId": s.d.GUID(), "browser": "Chrome", "operatingSystem": "Windows", "userAgent": "Mozilla/5.0", "protocol": "OAuth2", "deviceName": nil, "startUtcDateTime": hunt.Time(sign.At), "previousLogonDateTime": nil,
		"account": map[string]any{"userAccount": graphAccount(u, s.env.Dir.TenantID), "stream": nil}}
	s.raise(spec{source: "xdr", title: "BEC financial fraud", category: "InitialAccess", severity: "high", techniques: []string{"T1114.003", "T1078"},
		text: "Signs of fraud with invoices were seen in a mailbox.", actions: "Revoke the user's sessions.\nCall those who got messages."},
		s.user(u, sign), s.ip(ip, "NG", sign).as("malicious", "attacker"), s.piece("cloudLogonSessionEvidence", "CloudLogonSession", sign, sign.Text("ReportId"), session, map[string]any{"Type": "cloud-logon-session"}))
	rule := s.see(s.InApp(s.blink(), u, activity.Exchange(), "New-InboxRule", "invoices", ip, "NG"))
	s.raise(spec{source: "mdo", title: "Suspicious email forwarding activity", category: "Exfiltration", severity: "low", techniques: []string{"T1114.003"}, track: "mail",
		text: "Messages are forwarded to an outside address.", actions: "Remove the forwarding."},
		s.user(u, rule), s.mailbox(u, rule), s.piece("mailboxConfigurationEvidence", "MailboxConfiguration", rule, "invoices", map[string]any{"configurationId": s.d.GUID(), "configurationType": "mailForwardingRule", "displayName": "invoices",
			"externalDirectoryObjectId": u.ObjectID, "mailboxPrimaryAddress": u.UPN, "upn": u.UPN}, map[string]any{"Type": "mailbox-configuration"}))
	s.wait(3*time.Minute, 14*time.Minute)
	m := s.NewMail(s.now, u.UPN, u.Name, ip, dice.Pick(s.d, s.env.Dir.People), "New bank details")
	m.FromUser, m.Direction, m.Threats, m.Methods = u, "Intra-org", "Phish", "Impersonation"
	row := s.see(s.Delivered(m))
	s.raise(spec{source: "mdo", title: "Email reported by user as malware or phish", category: "InitialAccess", severity: "low", techniques: []string{"T1534"},
		text: "A colleague reported the message.", actions: "Purge the message."},
		s.message(m, row).as("malicious", "source"), s.user(u, row), s.piece("submissionMailEvidence", "SubmissionMail", row, m.NetworkID, map[string]any{"networkMessageId": m.NetworkID, "recipient": m.To.UPN, "reportType": "Phish", "sender": m.From,
			"senderIp": ip, "subject": m.Subject, "submissionDateTime": hunt.Time(s.now), "submissionId": s.d.GUID(), "submitter": m.To.UPN}, map[string]any{"Type": "SubmissionMail"}))
}

func teamsPhish(s *scene) {
	u := s.victim()
	url := "https://" + s.attackerHost() + "/teams"
	chat := s.see(s.InApp(s.now, u, activity.Teams(), "MessageCreatedHasLink", "19:"+s.d.Hex(8)+"@unq.gbl.spaces", s.attackerIP(), "RO").Set("IsExternalUser", true))
	click := s.see(s.Clicked(s.blink(), u, url, "", "ClickAllowed").Set("Workload", "Teams"))
	thread := chat.Text("ObjectId")
	s.raise(spec{source: "mdo", title: "A potentially malicious URL click was detected", category: "InitialAccess", severity: "high", techniques: []string{"T1566.003"},
		text: "A link that came by chat was opened and found to be malicious.", actions: "Block the outside domain.\nReset the user's password if it was entered."},
		s.user(u, click), s.url(url, click).as("malicious"), s.piece("teamsMessageEvidence", "TeamsMessage", chat, thread, map[string]any{"messageId": fmt.Sprint(1700000000000 + int64(s.d.IntN(1e9))), "threadId": thread, "threadType": "chat",
			"senderFromAddress": "helpdesk@it-support.example", "senderIP": nil, "subject": nil, "recipients": []string{u.UPN}, "suspiciousRecipients": []string{u.UPN}, "isExternal": true, "isOwned": false, "messageDirection": "inbound",
			"deliveryAction": "delivered", "deliveryLocation": "teams", "receivedDateTime": hunt.Time(chat.At), "lastModifiedDateTime": hunt.Time(chat.At), "urls": []any{map[string]any{"url": url}}, "files": []any{}, "sourceAppName": "Teams",
			"sourceId": thread, "groupId": nil, "channelId": nil, "campaignId": nil, "parentMessageId": nil, "owningTenantId": s.env.Dir.TenantID}, map[string]any{"Type": "teams-message", "ThreadId": thread}))
}

func thingsOnTheNetwork(s *scene) {
	u := s.victim()
	dev := u.Device
	as := activity.AccountOf(u)
	p, _ := s.run(dev, s.Shell(s.now, dev, as), as, activity.NewFile(`C:\Users\Public`, "svchosts.exe", "worm"+s.d.Hex(3), ""), "svchosts.exe -scan 10.60.0.0/24")
	camera, host := fmt.Sprintf("10.60.0.%d", 2+s.d.IntN(200)), "updates-"+s.d.Hex(2)+".example"
	conn := s.see(s.Connection(s.blink(), p, "ConnectionSuccess", camera, 23, host))
	ipOf := func(a string) map[string]any { return map[string]any{"ipAddress": a} }
	nic := map[string]any{"ipAddress": ipOf(camera), "macAddress": "00-15-5D-" + "0A-0B-0C", "vlans": []string{"60"}}
	iot := map[string]any{"deviceId": s.d.GUID(), "deviceName": "camera-lobby", "deviceType": "IP camera", "deviceSubType": "Camera", "manufacturer": "Northwind Optics", "model": "NX-200", "importance": "normal", "operatingSystem": "Embedded Linux",
		"ipAddress": ipOf(camera), "macAddress": nic["macAddress"], "nics": []any{nic}, "isAuthorized": true, "isProgramming": false, "isScanner": false, "owners": []string{}, "protocols": []string{"RTSP", "HTTP"}, "site": "Lobby", "zone": "default"}
	s.raise(spec{source: "mde", detection: "microsoftDefenderForIoT", huntDetection: "Microsoft Defender for IoT", title: "Suspicious connection to an enterprise IoT device", category: "LateralMovement", severity: "medium", techniques: []string{"T1210"},
		text: "A computer signs in to a camera by telnet.", actions: "Isolate the computer.\nUpdate the camera."},
		s.device(dev, conn), s.thing("ioTDeviceEvidence", "IoTDevice", conn, camera, []string{"RemoteIP"}, iot, map[string]any{"Type": "iotdevice", "DeviceName": "camera-lobby"}),
		s.thing("nicEvidence", "Nic", conn, camera, []string{"RemoteIP"}, nic, map[string]any{"Type": "nic"}),
		s.thing("networkConnectionEvidence", "NetworkConnection", conn, camera, []string{"RemoteIP"}, map[string]any{"protocol": "tcp", "sourceAddress": ipOf(dev.IP), "sourcePort": 49700, "destinationAddress": ipOf(camera), "destinationPort": 23}, map[string]any{"Type": "network-connection"}),
		s.thing("dnsEvidence", "DNS", conn, host, []string{"RemoteUrl"}, map[string]any{"domainName": host, "ipAddresses": []any{ipOf(camera)}, "dnsServerIp": ipOf(s.env.Dir.DCs[0].IP), "hostIpAddress": ipOf(dev.IP)}, map[string]any{"Type": "dns", "DomainName": host}))
}

func goldenTicket(s *scene) {
	u, dc := s.victim(), s.env.Dir.DCs[1]
	as := activity.AccountOf(u)
	tool := activity.NewFile(`C:\Temp`, "rubeus.exe", "rubeus"+s.d.Hex(2), "")
	p, pRow := s.run(u.Device, s.Shell(s.now, u.Device, as), as, tool, "rubeus.exe golden /user:Administrator /domain:"+directory.ADDomain)
	av := s.see(s.Touched(s.blink(), p, "AntivirusDetection", tool, map[string]any{"ThreatName": "HackTool:MSIL/Rubeus", "WasRemediated": false}))
	s.raise(spec{source: "av", title: "'Rubeus' hacktool was detected", category: "CredentialAccess", severity: "medium", techniques: []string{"T1558.001"}, family: "Rubeus", track: "endpoint",
		text: "A tool that forges tickets was found.", actions: "Isolate the device."},
		s.device(u.Device, av), s.file(tool, av, "detected").as("malicious"), s.process(p, pRow).as("malicious"),
		s.thing("fileHashEvidence", "FileHash", av, tool.SHA256, []string{"SHA256"}, map[string]any{"algorithm": "sha256", "value": tool.SHA256}, map[string]any{"Type": "filehash"}),
		s.thing("malwareEvidence", "Malware", av, tool.SHA256, []string{"SHA256"}, map[string]any{"name": "HackTool:MSIL/Rubeus", "category": "HackTool", "files": []any{map[string]any{"fileDetails": graphFile(tool), "detectionStatus": "detected", "mdeDeviceId": u.Device.ID}},
			"processes": []any{}}, map[string]any{"Type": "malware", "Name": "Rubeus"}))
	s.wait(2*time.Minute, 8*time.Minute)
	logon := s.see(s.DomainLogon(s.now, s.env.Dir.Service("adm-tier0"), u.Device, s.server(), dc, "Kerberos", ""))
	admin := s.env.Dir.Service("adm-tier0")
	session := map[string]any{"sessionId": "0x" + s.d.Hex(4), "startUtcDateTime": hunt.Time(logon.At), "endUtcDateTime": nil, "account": map[string]any{"userAccount": graphAccount(admin, s.env.Dir.TenantID), "stream": nil},
		"host": map[string]any{"hostName": u.Device.Host, "mdeDeviceId": u.Device.ID}}
	s.raise(spec{source: "mdi", title: "Suspected Golden Ticket usage (nonexistent account)", category: "CredentialAccess", severity: "high", techniques: []string{"T1558.001"}, track: "identity",
		text: "A ticket was used that no domain controller gave out.", actions: "Reset the krbtgt account twice."},
		s.user(admin, logon), s.device(u.Device, logon).as("suspicious", "source"), s.thing("activeDirectoryDomainEvidence", "ActiveDirectoryDomain", logon, dc.DNS, []string{"DestinationDeviceName"},
			map[string]any{"activeDirectoryDomainName": directory.ADDomain, "trustedDomains": []any{}}, map[string]any{"Type": "active-directory-domain"}),
		s.thing("hostLogonSessionEvidence", "HostLogonSession", logon, logon.Text("ReportId"), []string{"ReportId"}, session, map[string]any{"Type": "host-logon-session"}))
}
