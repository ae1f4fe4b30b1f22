SELECT DeviceName, count(*), min(TimeGenerated), max(TimeGenerated) FROM {DeviceFileEvents}
WHERE ActionType = 'FileRenamed' AND DeviceId IN (SELECT DeviceId FROM {AlertEvidence} WHERE EntityType = 'Machine' AND Severity = 'High') GROUP BY DeviceName
