SELECT FileName, AccountName, count(*) FROM {DeviceProcessEvents}
WHERE TimeGenerated > {ago 7d} AND regexp_matches(ProcessCommandLine, '(?i)\\temp\\[0-9a-f]{8}\.dll,(start|#1)') GROUP BY ALL
