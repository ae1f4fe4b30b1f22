WITH g AS (SELECT DeviceId, AccountName, max(TimeGenerated) AS best FROM {DeviceProcessEvents} WHERE TimeGenerated > {ago 7d} GROUP BY ALL)
SELECT p.DeviceId, p.AccountName, p.TimeGenerated, p.FileName, p.ProcessCommandLine, p.SHA256 FROM {DeviceProcessEvents} p
JOIN g ON p.DeviceId = g.DeviceId AND p.AccountName = g.AccountName AND p.TimeGenerated = g.best WHERE p.TimeGenerated > {ago 7d}
