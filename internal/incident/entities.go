package incident

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/vedette-siem/vedette/internal/model"
)

// EntitiesOf returns an alert's own entities as people see them; references to others are left out.
func EntitiesOf(a model.Alert) []model.Entity {
	var out []model.Entity
	for _, f := range entitiesOf(a) {
		out = append(out, f.Entity)
	}
	return out
}

// found is an entity of an alert with what names it elsewhere.
type found struct {
	model.Entity
	keys []string
}

func entitiesOf(a model.Alert) []found {
	var out []found
	byID := map[string]map[string]any{}
	var members []map[string]any
	for _, raw := range a.Entities {
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		var m map[string]any
		if d.Decode(&m) != nil {
			continue
		}
		index(m, byID)
		members = append(members, m)
	}
	for i, m := range members {
		kind := entityKind(str(m, "Type"))
		if kind == "" {
			continue
		}
		v := viewer{m: m, byID: byID}
		out = append(out, found{model.Entity{Kind: kind, Label: v.label(), Query: v.query(), Data: a.Entities[i]}, v.keys()})
	}
	return out
}

// index notes every object that has an $id.
func index(v any, byID map[string]map[string]any) {
	switch x := v.(type) {
	case map[string]any:
		if id := str(x, "$id"); id != "" {
			byID[id] = x
		}
		for _, y := range x {
			index(y, byID)
		}
	case []any:
		for _, y := range x {
			index(y, byID)
		}
	}
}

func str(m map[string]any, key string) string {
	switch x := m[key].(type) {
	case string:
		return x
	case json.Number:
		return x.String()
	}
	return ""
}

var entityKinds = map[string]string{
	"account": "Account", "host": "Host", "ip": "IP", "file": "File", "filehash": "FileHash", "process": "Process", "url": "URL",
	"mailbox": "Mailbox", "mail-message": "MailMessage", "mail-cluster": "MailCluster", "submissionmail": "SubmissionMail",
	"registry-key": "RegistryKey", "registry-value": "RegistryValue", "cloud-application": "CloudApplication",
	"azure-resource": "AzureResource", "security-group": "SecurityGroup", "malware": "Malware", "dns": "DNS", "iotdevice": "IoTDevice",
}

// entityKind is the kind of an entity type; a type without one is its own kind, in capitals.
func entityKind(t string) string {
	if k, ok := entityKinds[strings.ToLower(t)]; ok {
		return k
	}
	var b strings.Builder
	for part := range strings.SplitSeq(t, "-") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}

// viewer reads one entity.
type viewer struct {
	m    map[string]any
	byID map[string]map[string]any
}

// sub returns a nested entity, following a reference.
func (v viewer) sub(key string) map[string]any {
	m, _ := v.m[key].(map[string]any)
	if ref := str(m, "$ref"); ref != "" {
		return v.byID[ref]
	}
	return m
}

func (v viewer) label() string {
	m := v.m
	switch strings.ToLower(str(m, "Type")) {
	case "account":
		name, suffix, domain := str(m, "Name"), str(m, "UPNSuffix"), str(m, "NTDomain")
		switch {
		case name != "" && suffix != "":
			return name + "@" + suffix
		case name != "" && domain != "":
			return domain + `\` + name
		}
		return first(name, str(m, "DisplayName"), str(m, "Sid"), str(m, "AadUserId"), "account")
	case "host":
		if d := str(m, "DnsDomain"); d != "" && str(m, "HostName") != "" {
			return str(m, "HostName") + "." + d
		}
		return first(str(m, "HostName"), str(m, "NetBiosName"), str(m, "MdatpDeviceId"), str(m, "AzureID"), "host")
	case "process":
		name := str(viewer{v.sub("ImageFile"), v.byID}.m, "Name")
		return strings.TrimSpace(first(name, str(m, "CommandLine"), "process") + " (" + str(m, "ProcessId") + ")")
	case "mail-message":
		return first(str(m, "Subject"), str(m, "NetworkMessageId"), "message") + " → " + str(m, "Recipient")
	case "mail-cluster":
		return first(str(m, "ClusterByValue"), str(m, "Query"), "cluster") + " (" + first(str(m, "MailCount"), "0") + ")"
	case "registry-key":
		return str(m, "Hive") + `\` + str(m, "Key")
	case "registry-value":
		k := v.sub("Key")
		return str(k, "Hive") + `\` + str(k, "Key") + `\` + str(m, "Name")
	}
	for _, k := range []string{
		"Address", "Url", "Name", "DomainName", "MailboxPrimaryAddress", "Upn", "Value", "DisplayName", "ResourceName", "ResourceId", "DeviceName",
		"SubmissionId", "RequestId", "SessionId", "ServicePrincipalName", "AppId", "Login", "ContainerId", "ImageId", "Registry", "AgentName",
		"ActiveDirectoryDomainName", "AmazonResourceId", "FullResourceName", "MacAddress", "MessageId", "ConfigurationId", "SignatureHash",
	} {
		if s := str(m, k); s != "" {
			return s
		}
	}
	return first(str(m, "Type"), "entity")
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// query is a hunting query that finds the entity in the raw events, "" when no table tells of it.
func (v viewer) query() string {
	m := v.m
	switch strings.ToLower(str(m, "Type")) {
	case "account":
		if str(m, "Name") != "" && str(m, "UPNSuffix") != "" {
			return fmt.Sprintf("IdentityLogonEvents\n| where AccountUpn =~ %s", quote(v.label()))
		}
		if sid := str(m, "Sid"); sid != "" {
			return fmt.Sprintf("DeviceLogonEvents\n| where AccountSid == %s", quote(sid))
		}
	case "host":
		if id := str(m, "MdatpDeviceId"); id != "" {
			return fmt.Sprintf("DeviceProcessEvents\n| where DeviceId == %s", quote(id))
		}
		return fmt.Sprintf("DeviceProcessEvents\n| where DeviceName startswith %s", quote(v.label()))
	case "ip":
		return fmt.Sprintf("DeviceNetworkEvents\n| where RemoteIP == %[1]s or LocalIP == %[1]s", quote(str(m, "Address")))
	case "url":
		return fmt.Sprintf("UrlClickEvents\n| where Url == %s", quote(str(m, "Url")))
	case "dns":
		return fmt.Sprintf("DeviceNetworkEvents\n| where RemoteUrl has %s", quote(str(m, "DomainName")))
	case "file":
		return v.fileQuery()
	case "filehash":
		if a := str(m, "Algorithm"); a == "SHA256" || a == "SHA1" || a == "MD5" {
			return fmt.Sprintf("DeviceFileEvents\n| where %s =~ %s", a, quote(str(m, "Value")))
		}
	case "process":
		if id := str(viewer{v.sub("Host"), v.byID}.m, "MdatpDeviceId"); id != "" && str(m, "ProcessId") != "" {
			return fmt.Sprintf("DeviceProcessEvents\n| where DeviceId == %s and ProcessId == %s", quote(id), str(m, "ProcessId"))
		}
	case "mail-message":
		return fmt.Sprintf("EmailEvents\n| where NetworkMessageId == %s", quote(str(m, "NetworkMessageId")))
	case "mailbox":
		return fmt.Sprintf("EmailEvents\n| where RecipientEmailAddress =~ %s", quote(first(str(m, "MailboxPrimaryAddress"), str(m, "Upn"))))
	case "registry-key":
		return fmt.Sprintf("DeviceRegistryEvents\n| where RegistryKey has %s", quote(str(m, "Key")))
	case "registry-value":
		return fmt.Sprintf("DeviceRegistryEvents\n| where RegistryValueName =~ %s", quote(str(m, "Name")))
	case "cloud-application":
		return fmt.Sprintf("CloudAppEvents\n| where Application =~ %s", quote(str(m, "Name")))
	}
	return ""
}

func (v viewer) fileQuery() string {
	list, _ := v.m["FileHashes"].([]any)
	for _, want := range []string{"SHA256", "SHA1", "MD5"} {
		for _, x := range list {
			h, _ := x.(map[string]any)
			if ref := str(h, "$ref"); ref != "" {
				h = v.byID[ref]
			}
			if str(h, "Algorithm") == want {
				return fmt.Sprintf("DeviceFileEvents\n| where %s =~ %s", want, quote(str(h, "Value")))
			}
		}
	}
	return fmt.Sprintf("DeviceFileEvents\n| where FileName =~ %s", quote(str(v.m, "Name")))
}

// quote writes a KQL string literal.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(s) + `"`
}
