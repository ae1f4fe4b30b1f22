package model

import "time"

// The directories whose people entity behavior follows, by the names of Sentinel's setting EntityAnalytics.
const (
	ActiveDirectory      = "ActiveDirectory"
	AzureActiveDirectory = "AzureActiveDirectory"
)

// EntityBehavior is what a workspace chose on the page Entity behavior configuration. The zero value is off.
type EntityBehavior struct {
	Workspace   string
	Enabled     bool
	Directories []string // ActiveDirectory, AzureActiveDirectory; sorted
	DataSources []string // event sources for behavior baselines: AuditLogs, AzureActivity, SecurityEvent, SigninLogs; sorted
	ChangedBy   string
	ChangedAt   time.Time // zero if nobody chose yet
	Version     int64     // grows with every change
}
