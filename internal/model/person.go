package model

import "time"

// Person is what one source says of one account. Empty means that the source does not say.
type Person struct {
	ID                string    `json:"id"`                 // of the account in its source, stable
	ObjectID          string    `json:"objectId,omitempty"` // in Microsoft Entra ID
	SID               string    `json:"sid,omitempty"`      // in the on-premises domain
	CloudSID          string    `json:"cloudSid,omitempty"`
	UPN               string    `json:"upn,omitempty"`
	SAMAccount        string    `json:"samAccount,omitempty"`
	Domain            string    `json:"domain,omitempty"` // of the on-premises account
	DisplayName       string    `json:"displayName,omitempty"`
	Given             string    `json:"given,omitempty"`
	Surname           string    `json:"surname,omitempty"`
	DistinguishedName string    `json:"distinguishedName,omitempty"`
	Created           time.Time `json:"created,omitzero"`
	Department        string    `json:"department,omitempty"`
	EmployeeID        string    `json:"employeeId,omitempty"`
	JobTitle          string    `json:"jobTitle,omitempty"`
	Company           string    `json:"company,omitempty"`
	Mail              string    `json:"mail,omitempty"`
	OtherMail         []string  `json:"otherMail,omitempty"`
	Phone             string    `json:"phone,omitempty"`
	Street            string    `json:"street,omitempty"`
	City              string    `json:"city,omitempty"`
	State             string    `json:"state,omitempty"`
	Country           string    `json:"country,omitempty"`
	Manager           string    `json:"manager,omitempty"` // UPN, or what the source calls them
	Enabled           *bool     `json:"enabled,omitempty"`
	UserType          string    `json:"userType,omitempty"`  // Member, Guest
	UserState         string    `json:"userState,omitempty"` // of an invited guest: PendingAcceptance, Accepted
	UserStateChanged  time.Time `json:"userStateChanged,omitzero"`
	Groups            []string  `json:"groups,omitempty"` // names, through groups too; sorted
	Roles             []string  `json:"roles,omitempty"`  // names of built-in roles, through groups too; sorted
	AccountControl    []string  `json:"accountControl,omitempty"`
	Tags              []string  `json:"tags,omitempty"`
	RiskLevel         string    `json:"riskLevel,omitempty"`
	RiskDetails       string    `json:"riskDetails,omitempty"`
	RiskState         string    `json:"riskState,omitempty"`
	BlastRadius       string    `json:"blastRadius,omitempty"`
}
