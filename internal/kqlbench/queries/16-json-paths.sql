SELECT RawEventData->>'$.Operation', count(*), count(DISTINCT RawEventData->>'$.UserId') FROM {CloudAppEvents}
WHERE RawEventData->>'$.ResultStatus' = 'Failed' AND ends_with(lower(RawEventData->>'$.Item.ParentFolder.Path'), 'inbox') GROUP BY ALL
