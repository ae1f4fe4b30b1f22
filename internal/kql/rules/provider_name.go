package rules

import "github.com/vedette-siem/vedette/internal/kql/plan"

var providerName = Rule{Name: "provider-name", Description: "SecurityIncident.ProviderName: 'Microsoft XDR' and 'Microsoft 365 Defender' are equal", Apply: plan.ProviderName}
