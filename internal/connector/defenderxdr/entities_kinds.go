package defenderxdr

import (
	"strings"
)

// entity maps a piece of evidence by its type; a type without a kind of its own passes whole under its own name.
func (g *graph) entity(m map[string]any) *object {
	e := newEvidence(m)
	switch t := typeOf(m); t {
	case "user":
		return g.account(e.sub("userAccount"), e)
	case "device":
		return g.deviceEntity(e)
	case "ip":
		return g.ip(e)
	case "file":
		return g.file(e.sub("fileDetails"), e)
	case "fileHash":
		return g.hash(e)
	case "process":
		return g.process(e)
	case "mailbox":
		return g.mailboxEntity(e)
	case "analyzedMessage":
		return g.mail(e)
	case "mailCluster":
		return g.mailCluster(e)
	case "submissionMail":
		return g.submission(e)
	case "registryKey":
		return g.registryKey(e)
	case "registryValue":
		return g.registryValue(e)
	case "cloudApplication":
		return g.cloudApp(e)
	case "malware", "dns", "securityGroup", "azureResource", "url":
		return g.named(t, e)
	case "ioTDevice":
		return g.renamed("iotdevice", e)
	case "":
		return g.renamed("unknown", e)
	default:
		return g.renamed(kebab(t), e)
	}
}

// renamed passes evidence whole.
func (g *graph) renamed(kind string, e *evidence) *object {
	o, _ := g.start(kind, "", nil)
	g.finish(o, e)
	return o
}

func (g *graph) account(u map[string]any, e *evidence) *object {
	a := newEvidence(u)
	upn := a.text("userPrincipalName")
	sid, oid := a.text("userSid"), a.text("azureAdUserId")
	name, suffix, _ := strings.Cut(upn, "@")
	if acc := asText(u["accountName"]); name == "" || strings.EqualFold(acc, name) {
		a.used["accountName"] = true
		if name == "" {
			name, suffix, _ = strings.Cut(acc, "@")
		}
	}
	if g.upn == "" {
		g.upn = upn
	}
	domain := a.text("domainName")
	identity := first(oid, sid, upn)
	if identity == "" && name != "" {
		identity = domain + "\\" + name
	}
	o, fresh := g.start("account", identity, u)
	if !fresh {
		return o
	}
	o.text("Name", name)
	o.text("UPNSuffix", suffix)
	o.text("NTDomain", domain)
	o.text("Sid", sid)
	o.text("AadUserId", oid)
	o.text("AadTenantId", a.text("tenantId"))
	o.text("ObjectGuid", a.text("activeDirectoryObjectGuid"))
	o.text("DisplayName", a.text("displayName"))
	o.text("UserPrincipalName", upn)
	g.accesses(o, a)
	g.rest(o, a)
	if e != nil {
		if s := e.sub("stream"); s != nil {
			o.text("Stream", asText(s["name"]))
		}
		g.finish(o, e)
	}
	return o
}

// accesses are the resources that a user or a host touched.
func (g *graph) accesses(o *object, a *evidence) {
	var out []any
	for _, x := range a.list("resourceAccessEvents") {
		m, ok := x.(map[string]any)
		if !ok {
			continue
		}
		r := newEvidence(m)
		var ro object
		ro.text("AccessDateTime", r.text("accessDateTime"))
		ro.text("IpAddress", r.text("ipAddress"))
		ro.text("AccountId", r.text("accountId"))
		ro.text("ResourceIdentifier", r.text("resourceIdentifier"))
		g.rest(&ro, r)
		out = append(out, &ro)
	}
	o.some("ResourceAccessEvents", out)
}

func (g *graph) deviceEntity(e *evidence) *object {
	id, dns := e.text("mdeDeviceId"), e.text("deviceDnsName")
	name := e.text("hostName")
	short, domain, _ := strings.Cut(first(name, dns), ".")
	leading := g.host == ""
	if leading {
		g.host = first(dns, name)
	}
	o, fresh := g.start("host", first(id, dns, name), e.m)
	if !fresh {
		return o
	}
	o.text("HostName", short)
	_, fromDNS, _ := strings.Cut(dns, ".")
	o.text("DnsDomain", first(e.text("dnsDomain"), domain, fromDNS))
	o.text("NTDomain", e.text("ntDomain"))
	o.text("NetBiosName", short)
	platform := e.text("osPlatform")
	o.text("OSFamily", osFamily(platform))
	o.text("OSPlatform", platform)
	o.text("OSVersion", first(e.text("version"), asText(e.m["osBuild"])))
	o.text("MdatpDeviceId", id)
	o.text("AadDeviceId", e.text("azureAdDeviceId"))
	o.text("FQDN", dns)
	o.text("RiskScore", strings.ToLower(e.text("riskScore")))
	o.text("HealthStatus", lowerFirst(e.text("healthStatus")))
	o.text("OnboardingStatus", lowerFirst(e.text("onboardingStatus")))
	o.text("AvStatus", lowerFirst(e.text("defenderAvStatus")))
	if vm := e.sub("vmMetadata"); vm != nil {
		v := newEvidence(vm)
		o.text("AzureID", v.text("resourceId"))
		o.some("VmMetadata", g.value(vm))
	}
	for _, a := range []struct{ from, to string }{{"lastIpAddress", "LastIpAddress"}, {"lastExternalIpAddress", "LastExternalIpAddress"}} {
		if ip := e.text(a.from); ip != "" {
			o.set(a.to, g.address(ip))
		}
	}
	var ips []any
	for _, x := range e.list("ipInterfaces") {
		if s := asText(x); s != "" {
			ips = append(ips, g.address(s))
		}
	}
	o.some("IpInterfaces", ips)
	var users []any
	for _, x := range e.list("loggedOnUsers") {
		if u, ok := x.(map[string]any); ok {
			users = append(users, g.account(map[string]any{"accountName": u["accountName"], "domainName": u["domainName"]}, nil))
		}
	}
	o.some("LoggedOnUsers", users)
	g.accesses(o, e)
	if leading {
		o.set("LeadingHost", true)
	}
	g.finish(o, e)
	return o
}

// hostOf refers to the device of another piece of evidence, by its full entity when the alert has it.
func (g *graph) hostOf(id string) *object {
	if id == "" {
		return nil
	}
	if m, ok := g.device[id]; ok {
		return g.deviceEntity(newEvidence(m))
	}
	o, fresh := g.start("host", id, nil)
	if fresh {
		o.text("MdatpDeviceId", id)
	}
	return o
}

// address is a bare ip entity.
func (g *graph) address(ip string) *object {
	o, fresh := g.start("ip", ip, nil)
	if fresh {
		o.text("Address", ip)
	}
	return o
}

func (g *graph) ip(e *evidence) *object {
	addr := e.text("ipAddress")
	o, fresh := g.start("ip", "", nil)
	if !fresh {
		return o
	}
	if _, seen := g.known["ip|"+strings.ToLower(addr)]; !seen && addr != "" {
		g.known["ip|"+strings.ToLower(addr)] = asText(o.vals[0])
	}
	o.text("Address", addr)
	var loc object
	loc.text("CountryCode", e.text("countryLetterCode"))
	if l := e.sub("location"); l != nil {
		le := newEvidence(l)
		loc.text("CountryName", le.text("countryName"))
		loc.text("State", le.text("state"))
		loc.text("City", le.text("city"))
		loc.some("Longitude", le.take("longitude"))
		loc.some("Latitude", le.take("latitude"))
		g.rest(&loc, le)
	}
	o.some("Location", &loc)
	if s := e.sub("stream"); s != nil {
		o.text("Stream", asText(s["name"]))
	}
	g.finish(o, e)
	return o
}

// file maps fileDetails; e carries the evidence around them, nil for an image inside a process.
func (g *graph) file(d map[string]any, e *evidence) *object {
	if d == nil && e == nil {
		return nil
	}
	o, _ := g.start("file", "", nil)
	f := newEvidence(d)
	name, dir := f.text("fileName"), f.text("filePath")
	if rest, ok := strings.CutSuffix(dir, name); ok && name != "" {
		dir = strings.TrimRight(rest, `\/`)
	}
	o.text("Name", name)
	o.text("Directory", dir)
	o.some("SizeInBytes", f.take("fileSize"))
	var hashes []any
	for _, h := range []struct{ key, algorithm string }{{"md5", "MD5"}, {"sha1", "SHA1"}, {"sha256", "SHA256"}, {"sha256Ac", "SHA256AC"}} {
		if v := f.text(h.key); v != "" {
			hashes = append(hashes, g.hashEntity(h.algorithm, v))
		}
	}
	o.some("FileHashes", hashes)
	g.rest(o, f)
	if e != nil {
		o.some("Host", g.hostOf(e.text("mdeDeviceId")))
		g.finish(o, e)
	}
	return o
}

func (g *graph) hashEntity(algorithm, value string) *object {
	o, fresh := g.start("filehash", algorithm+":"+value, nil)
	if fresh {
		o.text("Algorithm", algorithm)
		o.text("Value", value)
	}
	return o
}

func (g *graph) hash(e *evidence) *object {
	o, fresh := g.start("filehash", "", nil)
	if fresh {
		word := e.text("algorithm")
		algorithm := hashWords.of(word, "Unknown")
		o.text("Algorithm", algorithm)
		if !strings.EqualFold(algorithm, word) {
			o.text("ProviderAlgorithm", word)
		}
		o.text("Value", e.text("value"))
		g.finish(o, e)
	}
	return o
}

var hashWords = words{"md5": "MD5", "sha1": "SHA1", "sha256": "SHA256", "sha256ac": "SHA256AC"}

func (g *graph) process(e *evidence) *object {
	pid, created, device := e.text("processId"), e.text("processCreationDateTime"), e.text("mdeDeviceId")
	o, fresh := g.start("process", processID(device, pid, created), e.m)
	if !fresh {
		return o
	}
	o.text("ProcessId", pid)
	o.text("CommandLine", e.text("processCommandLine"))
	o.text("CreationTimeUtc", created)
	o.some("ImageFile", g.file(e.sub("imageFile"), nil))
	if u := e.sub("userAccount"); u != nil {
		o.some("Account", g.account(u, nil))
	}
	parent, at, image := e.text("parentProcessId"), e.text("parentProcessCreationDateTime"), e.sub("parentProcessImageFile")
	if parent != "" || at != "" || len(image) > 0 {
		p, isNew := g.start("process", processID(device, parent, at), map[string]any{"imageFile": image})
		if isNew {
			p.text("ProcessId", parent)
			p.text("CreationTimeUtc", at)
			p.some("ImageFile", g.file(image, nil))
			p.some("Host", g.hostOf(device))
		}
		o.set("ParentProcess", p)
	}
	o.some("Host", g.hostOf(device))
	g.finish(o, e)
	return o
}

func processID(device, pid, created string) string {
	if pid == "" || created == "" {
		return ""
	}
	return device + "|" + pid + "|" + created
}

func (g *graph) registryKey(e *evidence) *object {
	o, _ := g.start("registry-key", "", nil)
	o.text("Hive", e.text("registryHive"))
	o.text("Key", e.text("registryKey"))
	o.some("Host", g.hostOf(e.text("mdeDeviceId")))
	g.finish(o, e)
	return o
}

func (g *graph) registryValue(e *evidence) *object {
	o, _ := g.start("registry-value", "", nil)
	hive, key := e.text("registryHive"), e.text("registryKey")
	if hive+key != "" {
		k, fresh := g.start("registry-key", hive+`\`+key, nil)
		if fresh {
			k.text("Hive", hive)
			k.text("Key", key)
		}
		o.set("Key", k)
	}
	o.text("Name", e.text("registryValueName"))
	o.text("Value", e.text("registryValue"))
	o.text("ValueType", e.text("registryValueType"))
	o.some("Host", g.hostOf(e.text("mdeDeviceId")))
	g.finish(o, e)
	return o
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

func osFamily(platform string) string {
	p := strings.ToLower(platform)
	for _, f := range []struct{ part, family string }{
		{"windows", "Windows"}, {"linux", "Linux"}, {"ubuntu", "Linux"}, {"red hat", "Linux"}, {"centos", "Linux"}, {"debian", "Linux"},
		{"android", "Android"}, {"ios", "IOS"}, {"ipados", "IOS"}, {"mac", "Mac"},
	} {
		if strings.Contains(p, f.part) {
			return f.family
		}
	}
	return ""
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
