package assume

import "context"

// Assumption is one thing that is taken for granted. IDs are stable.
type Assumption struct {
	ID, Area string
	Text     string // what is assumed
	Relies   string // what would go wrong if it did not hold
	Why      string // why it is not tested, "" when it is
	test     func(ctx context.Context, r *run) (State, string)
}

// List returns all assumptions.
func List() []Assumption { return list }

const (
	signIn    = "Sign-in"
	incidents = "Incidents"
	alerts    = "Alerts"
	hunting   = "Hunting"
	people    = "People"
	service   = "Service"
	streaming = "Streaming"
	changes   = "only a change could tell"
)

// list is in the order in which it is tested and printed.
var list = []Assumption{
	{ID: "token-roles", Area: signIn, Text: "An app's token names its tenant and its application permissions", Relies: "permissions are shown as cannot be checked", test: tokenRoles},
	{ID: "organization", Area: signIn, Text: "The organization's id is the token's tenant", Relies: "a connection to the wrong tenant goes unnoticed", test: organization},

	{ID: "error-shape", Area: service, Text: "A refusal is {error: {code, message, innerError: {request-id}}}, and an unknown incident is 404", Relies: "messages to people lose the cause", test: errorShape},
	{ID: "date-header", Area: service, Text: "Every answer carries the service's time", Relies: "windows are closed by this host's clock", test: dateHeader},
	{ID: "retry-after", Area: service, Text: "429 may come with Retry-After or without", Relies: "the pace is halved either way", Why: "it would take a flood of requests"},
	{ID: "partial", Area: service, Text: "A list that lacks a provider's rows is 206 or has a Warning header", Relies: "rows that are missing for a while count as deleted or closed", Why: "it happens when a provider fails"},
	{ID: "link-expires", Area: service, Text: "A link to the next page may expire within minutes", Relies: "a window is read again from its start", Why: "it would take an hour"},

	{ID: "incidents-window", Area: incidents, Text: "A filter on lastUpdateDateTime with ge and lt returns just what is in the window", Relies: "incidents are missed or read over and over", test: incidentsWindow},
	{ID: "incidents-top", Area: incidents, Text: "A page has up to 50 incidents; more are refused, not cut", Relies: "pages are smaller than asked for, which costs requests", test: incidentsTop},
	{ID: "incidents-count", Area: incidents, Text: "$count=true counts the whole window", Relies: "a list that lost rows is not noticed", test: incidentsCount},
	{ID: "incidents-pages", Area: incidents, Text: "Pages follow each other by @odata.nextLink without a row twice", Relies: "windows are read again", test: incidentsPages},
	{ID: "incidents-order", Area: incidents, Text: "Without $orderby the newest come first, by last update or by creation", Relies: "nothing: no order is relied on; the first read takes longer to show the newest", test: incidentsOrder},
	{ID: "incidents-orderby", Area: incidents, Text: "$orderby is honoured or ignored", Relies: "nothing: it is not sent; it would save requests", test: incidentsOrderBy},
	{ID: "incidents-stamp", Area: incidents, Text: "lastUpdateDateTime is finer than a millisecond", Relies: "two versions within one stamp look like one", test: incidentsStamp},
	{ID: "incidents-fields", Area: incidents, Text: "An incident in a list has title, description, severity, tags, summary and closing comment", Relies: "what a list leaves out seems to be taken away", test: incidentsFields},
	{ID: "incidents-status", Area: incidents, Text: "A status is active, inProgress, awaitingAction, resolved or redirected", Relies: "another one is shown as it is and never written back", test: incidentsStatus},
	{ID: "incidents-redirect", Area: incidents, Text: "A merged incident is listed with status redirected and redirectIncidentId", Relies: "merges show only when the incident is read by id", test: incidentsRedirect},
	{ID: "incidents-comments", Area: incidents, Text: "Comments in a list have comment, createdByDisplayName and createdDateTime", Relies: "comments come without their author or time", test: incidentsComments},
	{ID: "incidents-expand", Area: incidents, Text: "$expand=alerts works for a page of incidents", Relies: "nothing: alerts are their own stream; it would save requests", test: incidentsExpand},
	{ID: "index-lag", Area: incidents, Text: "A list shows a change within ten minutes", Relies: "changes are found by reading by id, hours later", Why: "how late lists are is measured while connected: vedette_incident_index_lag_seconds"},
	{ID: "patch-image", Area: incidents, Text: "The answer to a change is the whole incident as the service then has it", Relies: "a normalised value looks like somebody else's change", Why: changes},
	{ID: "patch-extra", Area: incidents, Text: "Title, description and severity can be changed", Relies: "such an edit is shown as refused", Why: changes},
	{ID: "comment-stamp", Area: incidents, Text: "A comment may leave lastUpdateDateTime as it is", Relies: "nothing: an incident is read by id when it is opened", Why: changes},
	{ID: "resolve-alerts", Area: incidents, Text: "Resolving an incident resolves its alerts, and the stamp moves once more", Relies: "an edit seems to be followed by a stranger's", Why: changes},

	{ID: "alerts-window", Area: alerts, Text: "Alerts are filtered by lastUpdateDateTime like incidents, 100 to a page", Relies: "alerts are missed", test: alertsWindow},
	{ID: "alerts-incident", Area: alerts, Text: "An alert names its incident; few have none", Relies: "alerts are kept without their incident", test: alertsIncident},
	{ID: "alerts-evidence", Area: alerts, Text: "Evidence has its kind in @odata.type", Relies: "an entity is kept raw and not indexed", test: alertsEvidence},
	{ID: "alerts-hunting-id", Area: alerts, Text: "An alert's id is AlertInfo.AlertId", Relies: "Show events finds nothing", test: alertsHuntingID},

	{ID: "hunting-body", Area: hunting, Text: "The body takes Query and Timespan in capitals", Relies: "hunting through the tenant fails", test: huntingBody},
	{ID: "hunting-schema", Area: hunting, Text: "The answer has schema[].name, schema[].type and results as objects", Relies: "hunting through the tenant fails", test: huntingSchema},
	{ID: "hunting-refusal", Area: hunting, Text: "A query that is wrong is 400", Relies: "it is tried again for nothing", test: huntingRefusal},
	{ID: "hunting-bool", Area: hunting, Text: "A boolean of a table is true, false, 1 or 0", Relies: "whether an account is enabled is not known", test: huntingBool},
	{ID: "identity-info", Area: hunting, Text: "IdentityInfo has OnPremSid and can be reduced by arg_max", Relies: "little is known of people of Active Directory", test: identityInfo},

	{ID: "users-manager", Area: people, Text: "A page of 999 users can expand their managers", Relies: "people of Microsoft Entra ID do not come", test: usersManager},
	{ID: "groups-delta", Area: people, Text: "Changes of groups come with members@delta and end in a delta link", Relies: "groups are not followed", test: groupsDelta},
	{ID: "role-members", Area: people, Text: "Members of a directory role come with their kind, groups among them", Relies: "roles through groups are missing", test: roleMembers},
	{ID: "sensors", Area: people, Text: "Sensors have healthStatus and serviceStatus", Relies: "Active Directory cannot be checked before it is turned on", test: sensors},
	{ID: "identity-accounts", Area: people, Text: "Accounts of Defender for Identity have onPremisesSecurityIdentifier", Relies: "deletions in Active Directory show late", test: identityAccounts},

	{ID: "stream-twice", Area: streaming, Text: "A record may be exported more than once", Relies: "nothing: records are known by their keys", Why: "it takes days of export to see"},
	{ID: "stream-late", Area: streaming, Text: "A record comes minutes after its event, some hours", Relies: "nothing: rows go by the time of their events", Why: "it takes days of export to see"},
}
