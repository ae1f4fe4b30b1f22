package directory

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/model"
	"github.com/vedette-siem/vedette/internal/msgraph"
	"github.com/vedette-siem/vedette/internal/ueba"
)

// DefenderGraph is what reading people through Defender for Identity needs of Microsoft Graph; *msgraph.Client is it.
type DefenderGraph interface {
	IdentityAccounts(ctx context.Context, f func(msgraph.IdentityAccount) error) error
	Hunt(ctx context.Context, query, timespan string, p msgraph.Priority) ([]map[string]json.RawMessage, error)
}

// Defender reads the people of Active Directory as Defender for Identity knows them: who there is from the list of
// accounts, what is known of them from the hunting table IdentityInfo. Nothing is needed on premises. Of the two, one that
// may not be read is done without, with a warning.
type Defender struct {
	graph DefenderGraph
	every time.Duration
	now   func() time.Time

	known map[string]model.Person // from IdentityInfo, by SID in upper case
	until time.Time               // IdentityInfo was read at; zero: not yet
	read  time.Time               // IdentityInfo was read whole at
}

// NewDefender returns the source; every is the time between two readings, 0 is 15 minutes.
func NewDefender(g DefenderGraph, every time.Duration) *Defender {
	return &Defender{graph: g, every: orEvery(every), now: time.Now, known: map[string]model.Person{}}
}

// Name implements ueba.Source.
func (d *Defender) Name() string { return ueba.SourceDefender }

// Title implements ueba.Source.
func (d *Defender) Title() string { return "Active Directory through Microsoft Defender for Identity" }

// Directory implements ueba.Source.
func (d *Defender) Directory() string { return model.ActiveDirectory }

// Direct implements ueba.Source.
func (d *Defender) Direct() bool { return false }

// Every implements ueba.Source.
func (d *Defender) Every() time.Duration { return d.every }

// Read implements ueba.Source.
func (d *Defender) Read(ctx context.Context, full bool) (ueba.Batch, error) {
	b := ueba.Batch{Full: true}
	// Hunting has a small quota: what is known already is not asked for again because something else failed.
	if full && d.now().Sub(d.read) > rehunt {
		d.until = time.Time{}
	}
	herr := d.hunt(ctx)
	if herr != nil && !refused(herr) && (d.until.IsZero() || ctx.Err() != nil) {
		return b, herr
	}
	listed := map[string]bool{}
	aerr := d.graph.IdentityAccounts(ctx, func(a msgraph.IdentityAccount) error {
		p, ok := accountPerson(a)
		if key := strings.ToUpper(p.SID); ok && !listed[key] {
			listed[key] = true
			if k, ok := d.known[key]; ok {
				p = fill(k, p)
			}
			b.People = append(b.People, p)
		}
		return nil
	})
	switch {
	case aerr == nil && herr == nil:
	case aerr == nil:
		b.Warning = "Little is known of people: " + herr.Error()
		if !d.until.IsZero() {
			b.Warning = "What is known of people is of " + d.until.UTC().Format(time.RFC3339) + ": " + herr.Error()
		}
	case !refused(aerr) || herr != nil:
		return b, aerr
	default:
		b.People = nil
		for _, p := range d.known {
			b.People = append(b.People, p)
		}
		b.Warning = "Deletions show late: " + aerr.Error()
	}
	return b, nil
}

// overlap is how much earlier than the last reading IdentityInfo is read again: its rows come late.
const overlap = time.Hour

// rehunt is how long a whole reading of IdentityInfo is good for.
const rehunt = 20 * time.Hour

// window is how far back IdentityInfo goes.
const window = 30 * 24 * time.Hour

// hunt brings known up to date.
func (d *Defender) hunt(ctx context.Context) error {
	now := d.now()
	back := window
	if !d.until.IsZero() {
		back = min(window, now.Sub(d.until)+overlap)
	} else {
		d.known = map[string]model.Person{}
	}
	// The answer is cut at a number of rows: more accounts than that are asked for in parts.
	for parts := 1; ; parts *= 4 {
		complete := true
		for k := range parts {
			rows, err := d.graph.Hunt(ctx, identityQuery(back, k, parts), "", msgraph.Inbound)
			if err != nil {
				return err
			}
			if complete = len(rows) < msgraph.HuntingRows; !complete {
				break
			}
			for _, r := range rows {
				if p := huntedPerson(r); p.SID != "" {
					d.known[strings.ToUpper(p.SID)] = p
				}
			}
		}
		if complete {
			if d.until.IsZero() {
				d.read = now
			}
			d.until = now
			return nil
		}
	}
}

// identityQuery asks for what is newest of every account of the domain, part k of n.
func identityQuery(back time.Duration, k, n int) string {
	q := fmt.Sprintf("IdentityInfo\n| where Timestamp > ago(%dm)\n| where isnotempty(OnPremSid)", int(math.Ceil(back.Minutes())))
	if n > 1 {
		q += fmt.Sprintf("\n| where hash(OnPremSid, %d) == %d", n, k)
	}
	return q + "\n| summarize arg_max(Timestamp, *) by OnPremSid"
}

// accountPerson is what the list says of an account of the domain; false for one that is not of a domain.
func accountPerson(a msgraph.IdentityAccount) (model.Person, bool) {
	p := model.Person{
		ID: a.OnPremisesSID, SID: a.OnPremisesSID, CloudSID: a.CloudSID, UPN: a.UserPrincipalName, DisplayName: a.DisplayName, Domain: a.Domain, Mail: a.EmailAddress, Enabled: a.IsEnabled,
	}
	for _, acc := range a.Accounts {
		switch {
		case strings.EqualFold(acc.IdentityProvider, "entraID"):
			p.ObjectID = acc.Identifier
		case strings.EqualFold(acc.IdentityProvider, "activeDirectory") && p.SID == "" && strings.HasPrefix(acc.Identifier, "S-1-"):
			p.ID, p.SID = acc.Identifier, acc.Identifier
		}
	}
	return p, p.SID != ""
}

// fill returns what is known of a person, with what the list says of their account now.
func fill(known, listed model.Person) model.Person {
	known.ID, known.SID = listed.ID, listed.SID
	known.ObjectID = firstOf(listed.ObjectID, known.ObjectID)
	known.CloudSID = firstOf(listed.CloudSID, known.CloudSID)
	known.UPN = firstOf(listed.UPN, known.UPN)
	known.DisplayName = firstOf(listed.DisplayName, known.DisplayName)
	known.Domain = firstOf(known.Domain, listed.Domain)
	known.Mail = firstOf(listed.Mail, known.Mail)
	if listed.Enabled != nil {
		known.Enabled = listed.Enabled
	}
	return known
}

// huntedPerson is a row of the hunting table IdentityInfo.
func huntedPerson(r map[string]json.RawMessage) model.Person {
	t := func(col string) string { return cellText(r[col]) }
	p := model.Person{
		ID: t("OnPremSid"), ObjectID: t("AccountObjectId"), SID: t("OnPremSid"), CloudSID: t("CloudSid"), UPN: t("AccountUpn"), SAMAccount: t("AccountName"), Domain: t("AccountDomain"),
		DisplayName: t("AccountDisplayName"), Given: t("GivenName"), Surname: t("Surname"), DistinguishedName: t("DistinguishedName"), Created: parseTime(t("CreatedDateTime")),
		Department: t("Department"), EmployeeID: t("EmployeeId"), JobTitle: t("JobTitle"), Company: t("CompanyName"), Mail: t("EmailAddress"), OtherMail: cellList(r["OtherMailAddresses"]),
		Phone: t("Phone"), Street: t("Address"), City: t("City"), State: t("State"), Country: t("Country"), Manager: t("Manager"), Enabled: cellBool(r["IsAccountEnabled"]),
		UserType: t("TenantMembershipType"), Groups: cellList(r["GroupMembership"]), Roles: cellList(r["AssignedRoles"]), AccountControl: cellList(r["UserAccountControl"]),
		Tags: cellList(r["Tags"]), RiskLevel: t("RiskLevel"), RiskDetails: t("RiskLevelDetails"), RiskState: t("RiskStatus"), BlastRadius: t("BlastRadius"),
	}
	return p
}

// cellText is a cell as text: "" for null, for {} (which stands for null) and for anything that is not one value.
func cellText(raw json.RawMessage) string {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return ""
	}
	switch x := v.(type) {
	case string:
		return x
	case float64, bool:
		return string(raw)
	}
	return ""
}

// cellBool is a cell as a boolean, which may be a number; nil for null.
func cellBool(raw json.RawMessage) *bool {
	yes, no := true, false
	switch cellText(raw) {
	case "true", "True", "1":
		return &yes
	case "false", "False", "0":
		return &no
	}
	return nil
}

// cellList is a cell as a list of texts: an array, an array in a string, or a string with commas. Objects in it are known
// by their name.
func cellList(raw json.RawMessage) []string {
	var list []any
	if json.Unmarshal(raw, &list) != nil {
		s := strings.TrimSpace(cellText(raw))
		if s == "" {
			return nil
		}
		if json.Unmarshal([]byte(s), &list) != nil {
			for part := range strings.SplitSeq(s, ",") {
				list = append(list, strings.TrimSpace(part))
			}
		}
	}
	var out []string
	for _, v := range list {
		switch x := v.(type) {
		case string:
			if x != "" {
				out = append(out, x)
			}
		case map[string]any:
			for _, k := range []string{"displayName", "DisplayName", "Name", "name"} {
				if n, ok := x[k].(string); ok && n != "" {
					out = append(out, n)
					break
				}
			}
		}
	}
	return out
}
