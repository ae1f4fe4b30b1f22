SELECT TimeGenerated, DeviceName, AccountName, ProcessCommandLine, InitiatingProcessFileName FROM {DeviceProcessEvents}
WHERE TimeGenerated > {ago 7d} AND lower(FileName) = 'rundll32.exe' AND lower(InitiatingProcessFileName) IN ('winword.exe', 'excel.exe', 'outlook.exe')
