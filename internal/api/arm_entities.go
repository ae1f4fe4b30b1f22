package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"math"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/vedette-siem/vedette/internal/model"
)

// member says which member of an entity as SecurityAlert.Entities writes it is which property of the resource. A value of
// another type is left in additionalData: typed clients would refuse the whole answer.
type member struct {
	from, to string
	kind     memberKind
}

type memberKind int

const (
	asText memberKind = iota
	asBool
	asNumber // of 32 bits
	asTime
	asTexts
	asAny
)

// armKinds are the kinds of entities whose names differ, armMembers what each kind has.
var (
	armKinds   = map[string]string{"IP": "Ip", "URL": "Url", "DNS": "DnsResolution"}
	armMembers = map[string][]member{
		"Account": {
			{"Name", "accountName", asText}, {"UPNSuffix", "upnSuffix", asText}, {"NTDomain", "ntDomain", asText}, {"DnsDomain", "dnsDomain", asText}, {"DisplayName", "displayName", asText},
			{"AadTenantId", "aadTenantId", asText}, {"AadUserId", "aadUserId", asText}, {"Sid", "sid", asText}, {"PUID", "puid", asText}, {"ObjectGuid", "objectGuid", asText},
			{"IsDomainJoined", "isDomainJoined", asBool},
		},
		"Host": {
			{"HostName", "hostName", asText}, {"DnsDomain", "dnsDomain", asText}, {"NTDomain", "ntDomain", asText}, {"NetBiosName", "netBiosName", asText}, {"AzureID", "azureID", asText},
			{"OMSAgentID", "omsAgentID", asText}, {"OSFamily", "osFamily", asText}, {"OSVersion", "osVersion", asText}, {"IsDomainJoined", "isDomainJoined", asBool},
		},
		"Ip":            {{"Address", "address", asText}},
		"Url":           {{"Url", "url", asText}},
		"DnsResolution": {{"DomainName", "domainName", asText}},
		"File":          {{"Directory", "directory", asText}, {"Name", "fileName", asText}},
		"FileHash":      {{"Algorithm", "algorithm", asText}, {"Value", "hashValue", asText}},
		"Process": {
			{"ProcessId", "processId", asText}, {"CommandLine", "commandLine", asText}, {"CreationTimeUtc", "creationTimeUtc", asTime}, {"ElevationToken", "elevationToken", asText},
		},
		"AzureResource":    {{"ResourceId", "resourceId", asText}, {"SubscriptionId", "subscriptionId", asText}},
		"CloudApplication": {{"AppId", "appId", asNumber}, {"SaasId", "appId", asNumber}, {"Name", "appName", asText}, {"InstanceName", "instanceName", asText}},
		"IoTDevice": {
			{"DeviceId", "deviceId", asText}, {"DeviceName", "deviceName", asText}, {"Source", "source", asText}, {"DeviceType", "deviceType", asText}, {"DeviceSubType", "deviceSubType", asText},
			{"Manufacturer", "vendor", asText}, {"Model", "model", asText}, {"SerialNumber", "serialNumber", asText}, {"OperatingSystem", "operatingSystem", asText},
			{"MacAddress", "macAddress", asText}, {"PurdueLayer", "purdueLayer", asText}, {"Importance", "importance", asText}, {"IsAuthorized", "isAuthorized", asBool},
			{"IsProgramming", "isProgramming", asBool}, {"IsScanner", "isScanner", asBool}, {"Protocols", "protocols", asTexts},
		},
		"MailCluster": {
			{"NetworkMessageIds", "networkMessageIds", asTexts}, {"Query", "query", asText}, {"QueryTime", "queryTime", asTime}, {"MailCount", "mailCount", asNumber},
			{"Source", "source", asText}, {"Threats", "threats", asTexts}, {"IsVolumeAnomaly", "isVolumeAnomaly", asBool},
			{"CountByDeliveryStatus", "countByDeliveryStatus", asAny}, {"CountByThreatType", "countByThreatType", asAny}, {"CountByProtectionStatus", "countByProtectionStatus", asAny},
		},
		"MailMessage": {
			{"Recipient", "recipient", asText}, {"Subject", "subject", asText}, {"NetworkMessageId", "networkMessageId", asText}, {"InternetMessageId", "internetMessageId", asText},
			{"SenderIP", "senderIP", asText}, {"P1Sender", "p1Sender", asText}, {"P1SenderDisplayName", "p1SenderDisplayName", asText}, {"P1SenderDomain", "p1SenderDomain", asText},
			{"Sender", "p2Sender", asText}, {"P2Sender", "p2Sender", asText}, {"P2SenderDisplayName", "p2SenderDisplayName", asText}, {"P2SenderDomain", "p2SenderDomain", asText},
			{"ReceivedDate", "receiveDate", asTime}, {"Language", "language", asText}, {"Urls", "urls", asTexts}, {"Threats", "threats", asTexts},
			{"ThreatDetectionMethods", "threatDetectionMethods", asTexts}, {"AntispamDirection", "antispamDirection", asText}, {"DeliveryAction", "deliveryAction", asText},
			{"DeliveryLocation", "deliveryLocation", asText},
		},
		"Mailbox": {
			{"MailboxPrimaryAddress", "mailboxPrimaryAddress", asText}, {"DisplayName", "displayName", asText}, {"Upn", "upn", asText},
			{"ExternalDirectoryObjectId", "externalDirectoryObjectId", asText},
		},
		"Malware":       {{"Name", "malwareName", asText}, {"Category", "category", asText}},
		"Nic":           {{"MacAddress", "macAddress", asText}},
		"RegistryKey":   {{"Hive", "hive", asText}, {"Key", "key", asText}},
		"RegistryValue": {{"Name", "valueName", asText}, {"Value", "valueData", asText}, {"ValueType", "valueType", asText}},
		"SecurityGroup": {{"DistinguishedName", "distinguishedName", asText}, {"SID", "sid", asText}, {"ObjectGuid", "objectGuid", asText}},
		"SubmissionMail": {
			{"SubmissionId", "submissionId", asText}, {"SubmissionDate", "submissionDate", asTime}, {"Submitter", "submitter", asText}, {"NetworkMessageId", "networkMessageId", asText},
			{"Timestamp", "timestamp", asTime}, {"Recipient", "recipient", asText}, {"Sender", "sender", asText}, {"SenderIp", "senderIp", asText}, {"Subject", "subject", asText},
			{"ReportType", "reportType", asText},
		},
	}
)

// typed reports whether a value is one that the property may have, and returns it.
func (m member) typed(v any) (any, bool) {
	switch m.kind {
	case asAny:
		return v, true
	case asBool:
		_, ok := v.(bool)
		return v, ok
	case asNumber:
		n, ok := v.(json.Number)
		if !ok {
			return nil, false
		}
		i, err := n.Int64()
		return i, err == nil && i >= math.MinInt32 && i <= math.MaxInt32
	case asTime:
		s, _ := v.(string)
		t, err := time.Parse(time.RFC3339Nano, s)
		return armTime(t), err == nil
	case asTexts:
		list, ok := v.([]any)
		for _, x := range list {
			if _, is := x.(string); !is {
				return nil, false
			}
		}
		return v, ok
	}
	switch x := v.(type) {
	case string:
		return x, x != ""
	case json.Number:
		return x.String(), true
	}
	return nil, false
}

// armEntity is an entity as a resource. Kinds that Sentinel does not have keep their own name and all their members.
func armEntity(ws *Workspace, e *model.Entity) armResource {
	a := ws.insights("Entities", entityGUID(ws.ID, e.ID))
	if a.Kind = armKinds[e.Kind]; a.Kind == "" {
		a.Kind = e.Kind
	}
	d := json.NewDecoder(bytes.NewReader(e.Data))
	d.UseNumber()
	rest := map[string]any{}
	_ = d.Decode(&rest) // what cannot be read has no members
	props := map[string]any{"friendlyName": e.Label}
	for _, m := range armMembers[a.Kind] {
		v, ok := rest[m.from]
		if !ok {
			continue
		}
		if v, ok = m.typed(v); ok {
			props[m.to] = v
			delete(rest, m.from)
		}
	}
	if a.Kind == "Ip" {
		armLocation(props, rest)
	}
	for k := range rest {
		if k == "$id" || k == "Type" || refers(rest[k]) {
			delete(rest, k)
		}
	}
	props["additionalData"] = rest
	a.Properties = props
	return a
}

// armLocation gives an address the place that it is at.
func armLocation(props, rest map[string]any) {
	loc, ok := rest["Location"].(map[string]any)
	if !ok {
		return
	}
	out := map[string]any{}
	for _, m := range []member{{"CountryCode", "countryCode", asText}, {"CountryName", "countryName", asText}, {"State", "state", asText}, {"City", "city", asText}, {"Asn", "asn", asNumber}} {
		if v, ok := m.typed(loc[m.from]); ok {
			out[m.to] = v
		}
	}
	for _, k := range []string{"Latitude", "Longitude"} {
		if n, ok := loc[k].(json.Number); ok {
			out[strings.ToLower(k)] = n
		}
	}
	props["location"] = out
	delete(rest, "Location")
}

// refers reports whether a value is, or begins with, a reference to another entity of the alert, which means nothing here.
func refers(v any) bool {
	switch x := v.(type) {
	case map[string]any:
		_, ok := x["$ref"]
		return ok
	case []any:
		return len(x) > 0 && refers(x[0])
	}
	return false
}

// entityGUID names an entity by its number in the workspace.
func entityGUID(ws string, id int64) string {
	h := sha256.Sum256([]byte(ws))
	var g uuid.UUID
	copy(g[:8], h[:8])
	binary.BigEndian.PutUint64(g[8:], uint64(id))
	g[6], g[8] = g[6]&0x0f|0x80, g[8]&0x3f|0x80
	return g.String()
}
