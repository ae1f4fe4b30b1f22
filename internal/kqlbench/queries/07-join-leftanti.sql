SELECT DISTINCT DeviceName, FileName, SHA256 FROM {DeviceProcessEvents} l WHERE TimeGenerated > {ago 1d}
AND NOT EXISTS (SELECT 1 FROM {DeviceProcessEvents} r WHERE r.TimeGenerated BETWEEN {ago 15d} AND {ago 1d} AND r.InitiatingProcessIntegrityLevel = 'System'
AND r.DeviceName = l.DeviceName AND r.SHA256 = l.SHA256)
