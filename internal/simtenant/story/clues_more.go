package story

import (
	"fmt"
	"strings"

	"github.com/vedette-siem/vedette/internal/simtenant/activity"
	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/hunt"
)

const subscription = "5b2f1a7e-6f0d-4b5c-9f0e-6d1a2c3b4d5e"

func vmResource(dev *directory.Device) string {
	return "/subscriptions/" + subscription + "/resourceGroups/rg-apps/providers/Microsoft.Compute/virtualMachines/" + dev.Host
}

func (s *scene) mailbox(u *directory.User, row *hunt.Row) *clue {
	c := newClue("mailboxEvidence", "Mailbox", row, []string{u.UPN}, "RecipientEmailAddress", "AccountUpn", "AccountId")
	c.role = "Impacted"
	c.graph = map[string]any{"primaryAddress": u.UPN, "upn": u.UPN, "displayName": u.Name, "userAccount": graphAccount(u, s.env.Dir.TenantID)}
	c.fields = map[string]any{"Type": "mailbox", "MailboxPrimaryAddress": u.UPN, "Upn": u.UPN, "AadId": u.ObjectID}
	c.fill = fillUser(u)
	return c
}

func (s *scene) message(m *activity.Mail, row *hunt.Row) *clue {
	c := newClue("analyzedMessageEvidence", "MailMessage", row, []string{m.NetworkID}, "NetworkMessageId")
	if to := row.Text("RecipientEmailAddress"); to != "" {
		c.ev.Keys["RecipientEmailAddress"] = to
	}
	attachments := 0
	if m.Attachment != nil {
		attachments = 1
	}
	sender := map[string]any{"emailAddress": m.From, "displayName": m.FromName, "domainName": m.From[strings.LastIndexByte(m.From, '@')+1:]}
	c.graph = map[string]any{"networkMessageId": m.NetworkID, "internetMessageId": m.InternetID, "subject": m.Subject, "recipientEmailAddress": m.To.UPN, "p1Sender": sender, "p2Sender": sender,
		"senderIp": m.FromIP, "receivedDateTime": hunt.Time(m.At), "deliveryAction": m.Action, "deliveryLocation": strings.TrimSuffix(m.Location, "/folder"), "threats": []string{m.Threats + "/Normal"},
		"threatDetectionMethods": []string{m.Methods}, "urls": append([]string{}, m.URLs...), "urlCount": len(m.URLs), "attachmentsCount": attachments, "antiSpamDirection": m.Direction,
		"language": m.Language, "urn": "urn:MailEntity:" + m.NetworkID}
	c.fields = map[string]any{"Type": "mailMessage", "NetworkMessageId": m.NetworkID, "Recipient": m.To.UPN, "Subject": m.Subject, "Sender": m.From}
	c.fill = func(r *hunt.Row) {
		r.Set("NetworkMessageId", m.NetworkID).Set("EmailSubject", m.Subject).Set("AccountUpn", m.To.UPN)
	}
	return c
}

// cluster is evidence without an event of its own: a query over the mail flow.
func (s *scene) cluster(mails []*activity.Mail) *clue {
	c := newClue("mailClusterEvidence", "MailCluster", nil, nil)
	ids := []string{}
	for _, m := range mails {
		ids = append(ids, m.NetworkID)
	}
	sender := mails[0].From
	query := fmt.Sprintf("( ((NetworkMessageId:%q)) )", ids[0])
	c.graph = map[string]any{"clusterBy": "Subject;P2SenderDomain;ContentType", "clusterByValue": mails[0].Subject + ";" + sender[strings.LastIndexByte(sender, '@')+1:] + ";1", "emailCount": len(ids),
		"networkMessageIds": ids, "query": query, "urn": "urn:MailClusterEntity:" + s.d.Hex(16)}
	c.fields = map[string]any{"Type": "mailCluster", "MailCount": len(ids), "Query": query}
	return c
}

func (s *scene) app(a activity.App, row *hunt.Row) *clue {
	c := newClue("cloudApplicationEvidence", "CloudApplication", row, []string{a.Name}, "Application")
	c.graph = map[string]any{"appId": a.ID, "saasAppId": a.ID, "displayName": a.Name, "instanceId": a.Instance, "instanceName": a.Name, "stream": nil}
	c.fields = map[string]any{"Type": "cloud-application", "SaasId": a.ID, "Name": a.Name, "InstanceName": a.Name}
	c.fill = func(r *hunt.Row) { r.Set("Application", a.Name).Set("ApplicationId", a.ID) }
	return c
}

func (s *scene) oauth(appID, objectID, name, publisher string, row *hunt.Row) *clue {
	c := newClue("oauthApplicationEvidence", "OAuthApplication", row, []string{appID}, "OAuthAppId")
	c.graph = map[string]any{"appId": appID, "objectId": objectID, "displayName": name, "publisher": publisher}
	c.fields = map[string]any{"Type": "oauth-application", "OAuthAppId": appID, "OAuthObjectId": objectID, "Name": name}
	c.fill = func(r *hunt.Row) { r.Set("OAuthApplicationId", appID).Set("Application", name) }
	return c
}

func (s *scene) group(g *directory.Group, row *hunt.Row) *clue {
	c := newClue("securityGroupEvidence", "SecurityGroup", nil, nil)
	if row != nil {
		c.ev.At, c.ev.Table, c.ev.Keys = row.At, row.Table.Name, map[string]string{"ReportId": row.Text("ReportId")}
	}
	c.graph = map[string]any{"displayName": g.Name, "friendlyName": g.Name, "distinguishedName": g.DN, "sid": g.SID, "securityGroupId": g.ID, "activeDirectoryObjectGuid": g.ADGuid}
	c.fields = map[string]any{"Type": "security-group", "DistinguishedName": g.DN, "SID": g.SID, "ObjectGuid": g.ADGuid}
	return c
}

// hive splits the short form of a registry path into the long hive name and the key below it.
func hive(key string) (string, string) {
	h, rest, _ := strings.Cut(key, `\`)
	return h, rest
}

func (s *scene) regKey(key string, row *hunt.Row) *clue {
	c := newClue("registryKeyEvidence", "RegistryKey", row, []string{key}, "RegistryKey")
	h, k := hive(key)
	c.graph = map[string]any{"registryHive": h, "registryKey": k}
	c.fields = map[string]any{"Type": "registry-key", "Hive": h, "Key": k}
	c.fill = func(r *hunt.Row) { r.Set("RegistryKey", key) }
	return c
}

func (s *scene) regValue(key, name, kind, data string, row *hunt.Row) *clue {
	c := newClue("registryValueEvidence", "RegistryValue", row, []string{key}, "RegistryKey")
	c.ev.Keys["RegistryValueName"] = name
	h, k := hive(key)
	c.graph = map[string]any{"registryHive": h, "registryKey": k, "registryValueName": name, "registryValue": data, "registryValueType": kind, "mdeDeviceId": row.Text("DeviceId")}
	c.fields = map[string]any{"Type": "registry-value", "Name": name, "Value": data, "ValueType": kind}
	c.fill = func(r *hunt.Row) {
		r.Set("RegistryKey", key).Set("RegistryValueName", name).Set("RegistryValueData", data).Set("DeviceId", row.Text("DeviceId"))
	}
	return c
}

func (s *scene) azureResource(dev *directory.Device) *clue {
	c := newClue("azureResourceEvidence", "AzureResource", nil, nil)
	c.graph = map[string]any{"resourceId": vmResource(dev), "resourceName": dev.Host, "resourceType": "virtualMachines"}
	c.fields = map[string]any{"Type": "azure-resource", "ResourceId": vmResource(dev)}
	c.fill = func(r *hunt.Row) {
		r.Set("CloudPlatform", "Azure").Set("ResourceID", vmResource(dev)).Set("ResourceType", "Virtual machine").Set("SubscriptionId", subscription)
	}
	return c
}
