SELECT AccountName, count(*), count(DISTINCT DeviceId) FROM {DeviceProcessEvents}
WHERE regexp_matches(ProcessCommandLine, '(?i)(^|[^\p{L}\p{N}])certutil($|[^\p{L}\p{N}])') GROUP BY AccountName
