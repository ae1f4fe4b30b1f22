import type { SampleQuery } from '../../api/types';

/** Queries to start from; each runs on a workspace with the Defender XDR connector. */
export const samples: SampleQuery[] = [
  { title: 'Newest alerts', query: 'SecurityAlert\n| summarize arg_max(TimeGenerated, *) by SystemAlertId\n| project TimeGenerated, AlertName, AlertSeverity, Status, ProductName, CompromisedEntity\n| sort by TimeGenerated desc' },
  { title: 'Open incidents by severity', query: 'SecurityIncident\n| summarize arg_max(LastModifiedTime, *) by IncidentNumber\n| where Status != "Closed"\n| summarize Incidents = count() by Severity\n| render piechart' },
  { title: 'Events per table over time', query: 'union withsource = TableName DeviceProcessEvents, DeviceNetworkEvents, DeviceFileEvents, DeviceLogonEvents, EmailEvents\n| summarize Rows = count() by bin(TimeGenerated, 1h), TableName\n| render timechart' },
  { title: 'PowerShell with encoded commands', query: 'DeviceProcessEvents\n| where FileName in~ ("powershell.exe", "pwsh.exe")\n| where ProcessCommandLine has_any ("-enc", "-EncodedCommand", "FromBase64String")\n| project TimeGenerated, DeviceName, AccountName, ProcessCommandLine, InitiatingProcessFileName\n| sort by TimeGenerated desc' },
  { title: 'Failed sign-ins per device', query: 'DeviceLogonEvents\n| where ActionType == "LogonFailed"\n| summarize Failures = count(), Accounts = dcount(AccountName) by DeviceName\n| top 20 by Failures' },
  { title: 'Rare outbound destinations', query: 'DeviceNetworkEvents\n| where ActionType == "ConnectionSuccess" and RemoteIPType == "Public"\n| summarize Devices = dcount(DeviceId), Connections = count() by RemoteIP, RemotePort\n| where Devices == 1\n| top 50 by Connections asc' },
  { title: 'Mail removed after delivery', query: 'EmailPostDeliveryEvents\n| summarize Mails = dcount(NetworkMessageId) by ActionType, bin(TimeGenerated, 1h)\n| render columnchart' },
  { title: 'Lag of the event tables', query: 'union withsource = TableName Device*, Email*, Identity*, CloudAppEvents\n| summarize Newest = max(TimeGenerated), Rows = count() by TableName\n| sort by Newest asc' },
];
