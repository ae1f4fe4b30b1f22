SELECT DeviceName, count(*) FROM {DeviceProcessEvents}
WHERE TimeGenerated > {ago 10d} AND contains(lower(ProcessCommandLine), '-urlcache') GROUP BY DeviceName
