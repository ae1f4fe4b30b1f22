-- ordered: the query sorts
SELECT TimeGenerated, DeviceName, AccountUpn, FileName, ProcessCommandLine, SHA256 FROM {DeviceProcessEvents}
WHERE TimeGenerated > {ago 14d} AND lower(FileName) IN ('powershell.exe', 'pwsh.exe')
AND regexp_matches(ProcessCommandLine, '(?i)(^|[^\p{L}\p{N}])(encodedcommand|downloadstring|frombase64string)($|[^\p{L}\p{N}])')
ORDER BY TimeGenerated DESC LIMIT 100
