package story

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/simtenant/activity"
	"github.com/vedette-siem/vedette/internal/simtenant/directory"
	"github.com/vedette-siem/vedette/internal/simtenant/hunt"
	"github.com/vedette-siem/vedette/internal/simtenant/state"
)

// clue is a piece of evidence on its way into an alert: its Graph form, its hunting form and the event it comes from.
type clue struct {
	kind, entity, role string
	verdict, remedy    string
	roles              []string
	graph              map[string]any
	fields             map[string]any // AdditionalFields of AlertEvidence
	fill               func(*hunt.Row)
	ev                 state.Evidence
}

// as gives the clue its part in the attack.
func (c *clue) as(verdict string, roles ...string) *clue {
	c.verdict, c.roles = verdict, roles
	if verdict == "malicious" {
		c.remedy = "active"
	}
	return c
}

// remedied says what was done about the clue.
func (c *clue) remedied(status string) *clue {
	c.remedy = status
	return c
}

func (c *clue) finish(at time.Time) state.Evidence {
	g := c.graph
	g["@odata.type"] = "#microsoft.graph.security." + c.kind
	g["createdDateTime"], g["verdict"], g["remediationStatus"], g["remediationStatusDetails"] = hunt.Time(at), c.verdict, c.remedy, nil
	g["roles"], g["detailedRoles"], g["tags"] = append([]string{}, c.roles...), []string{}, []string{}
	b, err := json.Marshal(g)
	if err != nil {
		panic(fmt.Sprintf("story: evidence %s: %v", c.kind, err))
	}
	c.ev.Type, c.ev.Graph = c.kind, b
	return c.ev
}

// newClue links a clue to the row, by the first of the columns that carries the value. A nil row leaves it without an event.
func newClue(kind, entity string, row *hunt.Row, values []string, cols ...string) *clue {
	c := &clue{kind: kind, entity: entity, role: "Related", verdict: "unknown", remedy: "none", graph: map[string]any{}, fields: map[string]any{}, fill: func(*hunt.Row) {}}
	if row == nil {
		return c
	}
	c.ev.At = row.At
	for _, col := range cols {
		v := row.Text(col)
		if v == "" {
			continue
		}
		for _, want := range values {
			if strings.EqualFold(v, want) {
				c.ev.Table, c.ev.Keys = row.Table.Name, map[string]string{col: v}
				if id := row.Text("DeviceId"); id != "" {
					c.ev.Keys["DeviceId"] = id
				}
				return c
			}
		}
	}
	panic(fmt.Sprintf("story: no column of a %s row has the %s %v", row.Table.Name, kind, values))
}

func graphAccount(u *directory.User, tenant string) map[string]any {
	return map[string]any{"accountName": u.Account, "domainName": directory.NTDomain, "userSid": u.SID, "azureAdUserId": u.ObjectID, "userPrincipalName": u.UPN, "displayName": u.Name,
		"activeDirectoryObjectGuid": u.ADGuid, "tenantId": tenant, "resourceAccessEvents": []any{}}
}

func userColumns() []string {
	return []string{"AccountUpn", "AccountObjectId", "AccountSid", "RecipientEmailAddress", "AccountId", "InitiatingProcessAccountUpn", "InitiatingProcessAccountSid", "TargetAccountUpn", "AccountName", "SenderFromAddress"}
}

func fillUser(u *directory.User) func(*hunt.Row) {
	return func(r *hunt.Row) {
		r.Set("AccountName", u.Account).Set("AccountDomain", strings.ToLower(directory.NTDomain)).Set("AccountSid", u.SID).Set("AccountObjectId", u.ObjectID).Set("AccountUpn", u.UPN)
	}
}

func (s *scene) user(u *directory.User, row *hunt.Row) *clue {
	c := newClue("userEvidence", "User", row, []string{u.UPN, u.ObjectID, u.SID, u.Account}, userColumns()...)
	c.role, c.roles = "Impacted", []string{"compromised"}
	c.graph["userAccount"], c.graph["stream"] = graphAccount(u, s.env.Dir.TenantID), nil
	c.fields = map[string]any{"Type": "account", "Name": u.Account, "UPNSuffix": directory.Domain, "AadUserId": u.ObjectID, "Sid": u.SID, "DisplayName": u.Name}
	c.fill = fillUser(u)
	return c
}

func (s *scene) device(dev *directory.Device, row *hunt.Row) *clue {
	c := newClue("deviceEvidence", "Machine", row, []string{dev.ID, dev.DNS}, "DeviceId", "DeviceName", "TargetDeviceName", "DestinationDeviceName")
	c.role = "Impacted"
	users := []any{}
	if u := dev.Owner; u != nil {
		users = append(users, map[string]any{"accountName": u.Account, "domainName": directory.NTDomain})
	}
	build := any(nil)
	if dev.Build != "" {
		build = json.Number(dev.Build)
	}
	vm := any(nil)
	if dev.Platform == "Linux" {
		vm = map[string]any{"cloudProvider": "azure", "vmId": strings.ToLower(dev.UUID), "subscriptionId": subscription, "resourceId": vmResource(dev)}
	}
	c.graph = map[string]any{"mdeDeviceId": dev.ID, "azureAdDeviceId": dev.AADID, "deviceDnsName": dev.DNS, "hostName": dev.Host, "ntDomain": directory.NTDomain, "dnsDomain": directory.ADDomain,
		"osPlatform": dev.Platform, "osBuild": build, "version": dev.Version, "healthStatus": "active", "riskScore": "high", "onboardingStatus": "onboarded", "defenderAvStatus": "updated",
		"ipInterfaces": []string{dev.IP}, "lastIpAddress": dev.IP, "lastExternalIpAddress": dev.PublicIP, "loggedOnUsers": users, "rbacGroupId": 75, "rbacGroupName": dev.Group,
		"firstSeenDateTime": hunt.Time(dev.FirstSeen), "vmMetadata": vm, "resourceAccessEvents": []any{}}
	c.fields = map[string]any{"Type": "host", "HostName": dev.Host, "MdatpDeviceId": dev.ID, "OSFamily": map[bool]string{true: "Windows", false: "Linux"}[dev.IsWindows()], "LeadingHost": true}
	c.fill = func(r *hunt.Row) { r.Set("DeviceId", dev.ID).Set("DeviceName", dev.DNS).Set("LocalIP", dev.IP) }
	return c
}

func (s *scene) ip(address, country string, row *hunt.Row) *clue {
	c := newClue("ipEvidence", "Ip", row, []string{address}, "RemoteIP", "IPAddress", "SenderIPv4", "LocalIP", "DestinationIPAddress")
	c.graph["ipAddress"], c.graph["countryLetterCode"], c.graph["location"], c.graph["stream"] = address, nil, nil, nil
	if country != "" {
		c.graph["countryLetterCode"] = country
		c.graph["location"] = map[string]any{"countryName": country, "state": nil, "city": nil, "latitude": 52.3, "longitude": 4.9}
	}
	c.fields = map[string]any{"Type": "ip", "Address": address, "Location": map[string]any{"CountryCode": country, "Asn": 64500}, "Role": 1}
	c.fill = func(r *hunt.Row) { r.Set("RemoteIP", address) }
	return c
}

func graphFile(f *activity.File) map[string]any {
	publisher := any(nil)
	if f.Company != "" {
		publisher = f.Company
	}
	return map[string]any{"fileName": f.Name, "filePath": f.Folder, "fileSize": f.Size, "sha1": f.SHA1, "sha256": f.SHA256, "sha256Ac": nil, "md5": f.MD5, "filePublisher": publisher, "signer": publisher, "issuer": nil}
}

func (s *scene) file(f *activity.File, row *hunt.Row, status string) *clue {
	c := newClue("fileEvidence", "File", row, []string{f.SHA256}, "SHA256", "InitiatingProcessSHA256")
	device := any(nil)
	if id := row.Text("DeviceId"); id != "" {
		device = id
	}
	c.graph = map[string]any{"fileDetails": graphFile(f), "detectionStatus": status, "mdeDeviceId": device}
	c.fields = map[string]any{"Type": "file", "Name": f.Name, "Directory": f.Folder, "FileHashes": []any{map[string]any{"Type": "filehash", "Algorithm": "SHA256", "Value": f.SHA256}}}
	c.fill = func(r *hunt.Row) {
		r.Set("FileName", f.Name).Set("FolderPath", f.Folder).Set("SHA1", f.SHA1).Set("SHA256", f.SHA256).Set("FileSize", f.Size)
		if id, ok := device.(string); ok {
			r.Set("DeviceId", id)
		}
	}
	return c
}

func (s *scene) process(p *activity.Proc, row *hunt.Row) *clue {
	c := newClue("processEvidence", "Process", row, []string{fmt.Sprint(p.PID)}, "ProcessId", "InitiatingProcessId")
	created := "ProcessCreationTime"
	if _, own := c.ev.Keys["ProcessId"]; !own {
		created = "InitiatingProcessCreationTime"
	}
	c.ev.Keys[created] = row.Text(created)
	account := map[string]any{"accountName": p.Account.Name, "domainName": p.Account.Domain, "userSid": p.Account.SID, "azureAdUserId": nil, "userPrincipalName": nil, "displayName": nil,
		"activeDirectoryObjectGuid": nil, "tenantId": nil, "resourceAccessEvents": []any{}}
	if p.Account.UPN != "" {
		account["azureAdUserId"], account["userPrincipalName"] = p.Account.ObjectID, p.Account.UPN
	}
	c.graph = map[string]any{"processId": p.PID, "processCommandLine": p.Command, "processCreationDateTime": hunt.Time(p.Created), "imageFile": graphFile(p.File), "userAccount": account,
		"detectionStatus": "detected", "mdeDeviceId": p.Device.ID, "parentProcessId": nil, "parentProcessCreationDateTime": nil, "parentProcessImageFile": nil}
	if q := p.Parent; q != nil {
		c.graph["parentProcessId"], c.graph["parentProcessCreationDateTime"], c.graph["parentProcessImageFile"] = q.PID, hunt.Time(q.Created), graphFile(q.File)
	}
	c.fields = map[string]any{"Type": "process", "ProcessId": fmt.Sprint(p.PID), "CommandLine": p.Command, "CreationTimeUtc": hunt.Time(p.Created)}
	c.fill = func(r *hunt.Row) {
		r.Set("FileName", p.File.Name).Set("FolderPath", p.File.Folder).Set("SHA1", p.File.SHA1).Set("SHA256", p.File.SHA256).Set("ProcessCommandLine", p.Command).Set("DeviceId", p.Device.ID).
			Set("DeviceName", p.Device.DNS).Set("AccountName", p.Account.Name).Set("AccountDomain", p.Account.Domain).Set("AccountSid", p.Account.SID)
	}
	return c
}

func (s *scene) url(url string, row *hunt.Row) *clue {
	c := newClue("urlEvidence", "Url", row, []string{url}, "Url", "RemoteUrl")
	c.graph["url"] = url
	c.fields = map[string]any{"Type": "url", "Url": url}
	c.fill = func(r *hunt.Row) { r.Set("RemoteUrl", url) }
	return c
}
