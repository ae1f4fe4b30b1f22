SELECT DeviceName, FileName, count(*), count(DISTINCT ProcessCommandLine) FROM {DeviceProcessEvents}
WHERE TimeGenerated > {ago 20d} AND lower(FileName) IN ('powershell.exe', 'cmd.exe', 'rundll32.exe')
AND DeviceId IN (SELECT DeviceId FROM {DeviceNetworkEvents} WHERE regexp_matches(RemoteUrl, '(?i)(^|[^\p{L}\p{N}])c2-needle($|[^\p{L}\p{N}])')) GROUP BY ALL
