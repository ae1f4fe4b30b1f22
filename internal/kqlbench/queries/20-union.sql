-- ordered: the query sorts
SELECT TimeGenerated, 'DeviceProcessEvents', ActionType, InitiatingProcessFileName, FileName, '' FROM {DeviceProcessEvents} WHERE TimeGenerated > {ago 7d} AND DeviceName = 'ws-0042.contoso.example'
UNION ALL SELECT TimeGenerated, 'DeviceNetworkEvents', ActionType, InitiatingProcessFileName, '', RemoteUrl FROM {DeviceNetworkEvents} WHERE TimeGenerated > {ago 7d} AND DeviceName = 'ws-0042.contoso.example'
UNION ALL SELECT TimeGenerated, 'DeviceFileEvents', ActionType, InitiatingProcessFileName, FileName, '' FROM {DeviceFileEvents} WHERE TimeGenerated > {ago 7d} AND DeviceName = 'ws-0042.contoso.example'
ORDER BY 1
