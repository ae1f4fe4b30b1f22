package incident

import (
	"slices"
	"strings"
)

// identifiers says, per entity type, which members together name one real thing wherever it turns up. Each list is strong
// on its own: two entities that agree on one of them are the same. "A.B" is member B of the entity in member A.
var identifiers = map[string][][]string{
	"account": {
		{"AadUserId"}, {"Name", "UPNSuffix"}, {"ObjectGuid"}, {"PUID"}, {"CloudAppAccountId"}, {"Name", "NTDomain"}, {"Name", "DnsDomain"},
	},
	"host":              {{"MdatpDeviceId"}, {"AzureID"}, {"OMSAgentID"}, {"AadDeviceId"}, {"HostName", "DnsDomain"}, {"HostName", "NTDomain"}},
	"ip":                {{"Address", "AddressScope"}},
	"filehash":          {{"Algorithm", "Value"}},
	"process":           {{"Host.MdatpDeviceId", "ProcessId", "CreationTimeUtc"}, {"Host.HostName", "ProcessId", "CreationTimeUtc"}},
	"url":               {{"Url"}},
	"mailbox":           {{"MailboxPrimaryAddress"}, {"Upn"}, {"AadId"}},
	"mail-message":      {{"NetworkMessageId", "Recipient"}},
	"mail-cluster":      {{"Query", "Source"}},
	"submissionmail":    {{"SubmissionId", "NetworkMessageId", "Recipient"}, {"SubmissionId"}},
	"registry-key":      {{"Hive", "Key"}},
	"registry-value":    {{"Key.Hive", "Key.Key", "Name"}},
	"cloud-application": {{"SaasId", "InstanceId"}, {"SaasId", "InstanceName"}, {"AppId", "InstanceId"}, {"AppId", "InstanceName"}},
	"azure-resource":    {{"ResourceId"}},
	"security-group":    {{"SID"}, {"ObjectGuid"}, {"DistinguishedName"}, {"SecurityGroupId"}},
	"malware":           {{"Name", "Category"}},
	"dns":               {{"DomainName"}},
	"iotdevice":         {{"IoTHub.ResourceId", "DeviceId"}, {"DeviceId"}},

	"active-directory-domain":    {{"ActiveDirectoryDomainName"}},
	"ai-agent":                   {{"AgentId"}},
	"amazon-resource":            {{"AmazonResourceId"}},
	"blob":                       {{"Url"}},
	"blob-container":             {{"Url"}},
	"cloud-logon-request":        {{"RequestId"}},
	"cloud-logon-session":        {{"SessionId"}},
	"container":                  {{"ContainerId"}},
	"container-image":            {{"ImageId"}},
	"container-registry":         {{"Registry"}},
	"github-organization":        {{"OrgId"}, {"Login"}},
	"github-repo":                {{"RepoId"}, {"BaseUrl"}},
	"github-user":                {{"UserId"}, {"Login"}},
	"google-cloud-resource":      {{"FullResourceName"}},
	"host-logon-session":         {{"Host.MdatpDeviceId", "SessionId"}},
	"kubernetes-cluster":         {{"CloudResource.ResourceId"}, {"CloudResource.AmazonResourceId"}, {"CloudResource.FullResourceName"}},
	"kubernetes-namespace":       {{"Cluster.Name", "Name"}},
	"kubernetes-controller":      {{"Namespace.Cluster.Name", "Namespace.Name", "Type", "Name"}},
	"kubernetes-pod":             {{"Namespace.Cluster.Name", "Namespace.Name", "Name"}},
	"kubernetes-secret":          {{"Namespace.Cluster.Name", "Namespace.Name", "Name"}},
	"kubernetes-service":         {{"Namespace.Cluster.Name", "Namespace.Name", "Name"}},
	"kubernetes-service-account": {{"Namespace.Cluster.Name", "Namespace.Name", "Name"}},
	"mailbox-configuration":      {{"ConfigurationId"}},
	"network-connection":         {{"SourceAddress.Address", "SourcePort", "DestinationAddress.Address", "DestinationPort", "Protocol"}},
	"nic":                        {{"MacAddress"}},
	"oauth-application":          {{"ObjectId"}, {"AppId"}},
	"sas-token":                  {{"SignatureHash"}},
	"service-principal":          {{"ServicePrincipalObjectId"}, {"AppId"}},
	"teams-message":              {{"MessageId"}},
}

// nobody are account names that say nothing when they stand alone.
var nobody = []string{
	"admin", "administrator", "system", "root", "anonymous", "authenticated user", "network", "null", "local system", "localsystem", "network service",
}

// keys returns the identities of an entity, each good on its own. An entity without one is known by its label alone; none
// at all is returned for an account that could be anybody.
func (v viewer) keys() []string {
	kind := strings.ToLower(str(v.m, "Type"))
	var out []string
	add := func(name string, values ...string) {
		if slices.Contains(values, "") {
			return
		}
		key := kind + "|" + name + "|" + strings.ToLower(strings.Join(values, "\x1f"))
		if !slices.Contains(out, key) {
			out = append(out, key)
		}
	}
	for _, names := range identifiers[kind] {
		values := make([]string, len(names))
		for i, n := range names {
			if values[i] = v.member(n); n == "AddressScope" && values[i] == "" {
				values[i] = "*" // an address without a scope is the same everywhere
			}
		}
		add(strings.Join(names, "+"), values...)
	}
	switch kind {
	case "account":
		if sid := str(v.m, "Sid"); local(sid) {
			add("Sid+Host", sid, first(v.member("Host.MdatpDeviceId"), v.member("Host.HostName")))
		} else {
			add("Sid", sid)
		}
		if name := str(v.m, "Name"); len(out) == 0 && slices.Contains(nobody, strings.ToLower(name)) {
			return nil
		}
	case "file":
		v.fileKeys(add)
	}
	if len(out) == 0 {
		add("label", v.label())
	}
	return out
}

// fileKeys are a file's hashes: they name its content wherever it lies. A file without one is known by where it lies.
func (v viewer) fileKeys(add func(string, ...string)) {
	list, _ := v.m["FileHashes"].([]any)
	hashed := false
	for _, x := range list {
		h, _ := x.(map[string]any)
		if ref := str(h, "$ref"); ref != "" {
			h = v.byID[ref]
		}
		if a, value := str(h, "Algorithm"), str(h, "Value"); a != "" && value != "" {
			add(a, value)
			hashed = true
		}
	}
	if !hashed {
		add("path", first(v.member("Host.MdatpDeviceId"), v.member("Host.HostName"), "*"), str(v.m, "Directory"), str(v.m, "Name"))
	}
}

// local reports whether a SID is the same on every machine, so that it names somebody only together with one.
func local(sid string) bool {
	s := strings.ToUpper(sid)
	return s != "" && !strings.HasPrefix(s, "S-1-5-21-") && !strings.HasPrefix(s, "S-1-12-")
}

// member reads a member, with dots into nested entities.
func (v viewer) member(path string) string {
	head, rest, nested := strings.Cut(path, ".")
	if !nested {
		return str(v.m, head)
	}
	m := v.sub(head)
	if m == nil {
		return ""
	}
	return viewer{m, v.byID}.member(rest)
}
