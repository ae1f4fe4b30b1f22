SELECT DeviceName, AccountName, FileName, ProcessIntegrityLevel, count(*) AS n, min(TimeGenerated), max(TimeGenerated) FROM {DeviceProcessEvents}
WHERE TimeGenerated > {ago 15d} GROUP BY ALL HAVING n > 50
