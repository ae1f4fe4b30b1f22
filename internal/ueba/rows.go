package ueba

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/model"
)

// Table is the table that tells of people.
const Table = "IdentityInfo"

// maxGroups is how many groups a row names at most; Sentinel names as many.
const maxGroups = 500

// fullSync is the ChangeSource of rows that tell of no change: of the first reading, and every fortnight.
const fullSync = "FullSync"

// Workspace is what rows say of the workspace they belong to.
type Workspace struct{ ID, TenantID string }

// Values returns the row of IdentityInfo that tells of a person, by column. written is in ticks; deleted is when they
// were found to be gone, zero while they are there.
func Values(w Workspace, p model.Person, deleted time.Time, change string, written int64) map[string]any {
	v := map[string]any{
		"TenantId": w.ID, "TimeGenerated": written, "AccountTenantId": w.TenantID, "AccountObjectId": p.ObjectID, "AccountSID": p.SID, "AccountCloudSID": p.CloudSID,
		"AccountName": accountName(p), "SAMAccountName": p.SAMAccount, "AccountDomain": accountDomain(p), "AccountUPN": p.UPN, "AccountDisplayName": p.DisplayName,
		"GivenName": p.Given, "Surname": p.Surname, "OnPremisesDistinguishedName": p.DistinguishedName, "Department": p.Department, "EmployeeId": p.EmployeeID,
		"JobTitle": p.JobTitle, "CompanyName": p.Company, "MailAddress": p.Mail, "Phone": p.Phone, "StreetAddress": p.Street, "City": p.City, "State": p.State, "Country": p.Country,
		"Manager": p.Manager, "UserType": p.UserType, "UserState": p.UserState, "RiskLevel": p.RiskLevel, "RiskLevelDetails": p.RiskDetails, "RiskState": p.RiskState,
		"BlastRadius": p.BlastRadius, "GroupMembership": capped(p.Groups), "AssignedRoles": capped(p.Roles), "AdditionalMailAddresses": capped(p.OtherMail),
		"AccountCreationTime": when(p.Created), "UserStateChangedOn": when(p.UserStateChanged), "DeletedDateTime": when(deleted),
		"SourceSystem": sourceSystem(p), "ChangeSource": change, "Type": Table, "_IsBillable": "False", "_BilledSize": 0.0,
	}
	if p.Enabled != nil {
		v["IsAccountEnabled"] = *p.Enabled
	}
	if !deleted.IsZero() {
		v["IsAccountEnabled"] = false
	}
	if p.AccountControl != nil {
		v["UserAccountControl"] = p.AccountControl
	}
	if len(p.Tags) > 0 {
		if b, err := json.Marshal(p.Tags); err == nil {
			v["Tags"] = string(b)
		}
	}
	return v
}

// capped is a list for a dynamic column: never null, of at most maxGroups names.
func capped(list []string) []string {
	if len(list) > maxGroups {
		list = list[:maxGroups]
	}
	return append([]string{}, list...)
}

func when(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return column.FromTime(t)
}

func accountName(p model.Person) string {
	if p.SAMAccount != "" {
		return p.SAMAccount
	}
	name, _, _ := strings.Cut(p.UPN, "@")
	return name
}

func accountDomain(p model.Person) string {
	if p.Domain != "" {
		return p.Domain
	}
	_, domain, _ := strings.Cut(p.UPN, "@")
	return domain
}

// sourceSystem says where the account lives.
func sourceSystem(p model.Person) string {
	switch {
	case p.ObjectID != "" && p.SID != "":
		return "Hybrid"
	case p.SID != "":
		return model.ActiveDirectory
	}
	return model.AzureActiveDirectory
}

// hashOf tells whether a person is told of as before.
func hashOf(p model.Person, deleted time.Time) (string, error) {
	p.ID = ""
	b, err := json.Marshal(struct {
		Person  model.Person
		Deleted bool
	}{p, !deleted.IsZero()})
	if err != nil {
		return "", fmt.Errorf("hashing a person: %w", err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16]), nil
}
