package defenderxdr

import "strings"

func (g *graph) mailboxEntity(e *evidence) *object {
	upn, addr := e.text("upn"), e.text("primaryAddress")
	if g.mailbox == "" {
		g.mailbox = first(upn, addr)
	}
	o, _ := g.start("mailbox", "", nil)
	o.text("MailboxPrimaryAddress", addr)
	o.text("DisplayName", e.text("displayName"))
	o.text("Upn", upn)
	if u := e.sub("userAccount"); u != nil {
		o.text("AadId", asText(u["azureAdUserId"]))
		o.some("Account", g.account(u, nil))
	}
	g.finish(o, e)
	return o
}

func (g *graph) mail(e *evidence) *object {
	o, _ := g.start("mail-message", "", nil)
	o.text("NetworkMessageId", e.text("networkMessageId"))
	o.text("InternetMessageId", e.text("internetMessageId"))
	o.text("Recipient", e.text("recipientEmailAddress"))
	o.text("Subject", e.text("subject"))
	p1, p2 := e.sub("p1Sender"), e.sub("p2Sender")
	o.text("Sender", first(asText(p2["emailAddress"]), asText(p1["emailAddress"])))
	for _, s := range []struct {
		prefix string
		m      map[string]any
	}{{"P1Sender", p1}, {"P2Sender", p2}} {
		o.text(s.prefix, asText(s.m["emailAddress"]))
		o.text(s.prefix+"DisplayName", asText(s.m["displayName"]))
		o.text(s.prefix+"Domain", asText(s.m["domainName"]))
	}
	o.text("SenderIP", e.text("senderIp"))
	o.text("ReceivedDate", e.text("receivedDateTime"))
	o.text("AntispamDirection", upperFirst(e.text("antiSpamDirection")))
	o.text("DeliveryAction", upperFirst(e.text("deliveryAction")))
	o.text("DeliveryLocation", upperFirst(e.text("deliveryLocation")))
	o.some("Urls", e.list("urls"))
	o.some("Threats", e.list("threats"))
	o.some("ThreatDetectionMethods", e.list("threatDetectionMethods"))
	g.finish(o, e)
	return o
}

func (g *graph) mailCluster(e *evidence) *object {
	o, _ := g.start("mail-cluster", "", nil)
	o.some("NetworkMessageIds", e.list("networkMessageIds"))
	o.text("Query", e.text("query"))
	o.some("MailCount", e.take("emailCount"))
	o.text("ClusterBy", e.text("clusterBy"))
	o.text("ClusterByValue", e.text("clusterByValue"))
	o.text("Source", "O365 ATP")
	g.finish(o, e)
	return o
}

func (g *graph) submission(e *evidence) *object {
	o, _ := g.start("SubmissionMail", "", nil)
	o.text("SubmissionId", e.text("submissionId"))
	o.text("SubmissionDate", e.text("submissionDateTime"))
	o.text("Submitter", e.text("submitter"))
	o.text("NetworkMessageId", e.text("networkMessageId"))
	o.text("Recipient", e.text("recipient"))
	o.text("Sender", e.text("sender"))
	o.text("SenderIp", e.text("senderIp"))
	o.text("Subject", e.text("subject"))
	o.text("ReportType", upperFirst(e.text("reportType")))
	g.finish(o, e)
	return o
}

func (g *graph) cloudApp(e *evidence) *object {
	o, _ := g.start("cloud-application", "", nil)
	o.some("AppId", e.take("appId"))
	o.some("SaasId", e.take("saasAppId"))
	o.text("Name", e.text("displayName"))
	o.text("InstanceName", e.text("instanceName"))
	o.some("InstanceId", e.take("instanceId"))
	if s := e.sub("stream"); s != nil {
		o.text("Stream", asText(s["name"]))
	}
	g.finish(o, e)
	return o
}

// named maps the kinds whose members only need another name.
func (g *graph) named(t string, e *evidence) *object {
	switch t {
	case "url":
		o, _ := g.start("url", "", nil)
		o.text("Url", e.text("url"))
		g.finish(o, e)
		return o
	case "azureResource":
		o, _ := g.start("azure-resource", "", nil)
		id := e.text("resourceId")
		o.text("ResourceId", id)
		o.text("ResourceName", e.text("resourceName"))
		o.text("ResourceType", e.text("resourceType"))
		o.text("SubscriptionId", subscription(id))
		g.finish(o, e)
		return o
	case "securityGroup":
		o, _ := g.start("security-group", "", nil)
		o.text("DistinguishedName", e.text("distinguishedName"))
		o.text("SID", e.text("sid"))
		o.text("ObjectGuid", e.text("activeDirectoryObjectGuid"))
		o.text("DisplayName", e.text("displayName"))
		g.finish(o, e)
		return o
	case "dns":
		o, _ := g.start("dns", "", nil)
		o.text("DomainName", e.text("domainName"))
		o.some("IpAddress", g.all(e.list("ipAddresses")))
		for _, k := range []string{"dnsServerIp", "hostIpAddress"} {
			if m := e.sub(k); m != nil {
				o.set(pascal(k), g.ip(newEvidence(m)))
			}
		}
		g.finish(o, e)
		return o
	}
	o, _ := g.start("malware", "", nil)
	o.text("Name", e.text("name"))
	o.text("Category", e.text("category"))
	var files, processes []any
	for _, x := range e.list("files") {
		if m, ok := x.(map[string]any); ok {
			fe := newEvidence(m)
			files = append(files, g.file(fe.sub("fileDetails"), fe))
		}
	}
	for _, x := range e.list("processes") {
		if m, ok := x.(map[string]any); ok {
			processes = append(processes, g.process(newEvidence(m)))
		}
	}
	o.some("Files", files)
	o.some("Processes", processes)
	g.finish(o, e)
	return o
}

// all maps a list of ip evidence.
func (g *graph) all(list []any) []any {
	var out []any
	for _, x := range list {
		if m, ok := x.(map[string]any); ok {
			out = append(out, g.ip(newEvidence(m)))
		}
	}
	return out
}

// subscription is the subscription inside an Azure resource id.
func subscription(id string) string {
	parts := strings.Split(id, "/")
	for i, p := range parts {
		if strings.EqualFold(p, "subscriptions") && i+1 < len(parts) {
			return parts[i+1]
		}
	}
	return ""
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
