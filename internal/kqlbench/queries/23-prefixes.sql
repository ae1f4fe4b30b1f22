SELECT TimeGenerated - TimeGenerated % 864000000000 AS d, split_part(FileName, '.', -1) AS e, count(*), CAST(sum(FileSize) AS BIGINT) FROM {DeviceFileEvents}
WHERE starts_with(lower(FolderPath), 'c:\users\public\') AND ends_with(lower(FileName), '.ps1') AND (FileOriginUrl <> '' OR FileSize > 1000000) GROUP BY ALL
