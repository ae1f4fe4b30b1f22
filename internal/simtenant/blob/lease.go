package blob

import (
	"strings"
	"time"
)

// lease is who alone may write a blob; reading needs none. It is kept in memory: a restart ends it.
type lease struct {
	id    string
	until time.Time // zero: without end
}

func (l lease) held(now time.Time) bool {
	return l.id != "" && (l.until.IsZero() || now.Before(l.until))
}

// problem is a refusal as the service words it.
type problem struct {
	status        int
	code, message string
}

// lease does one action on the lease of a blob and returns the id it has then.
func (s *Store) lease(container, name, action, id, proposed string, seconds int, now time.Time) (string, *problem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.blobs[container][name]
	if b == nil {
		return "", &problem{404, "BlobNotFound", "The specified blob does not exist."}
	}
	until := time.Time{}
	if seconds > 0 {
		until = now.Add(time.Duration(seconds) * time.Second)
	}
	held, mine := b.lease.held(now), strings.EqualFold(b.lease.id, id) && id != ""
	switch strings.ToLower(action) {
	case "acquire":
		if held && !strings.EqualFold(b.lease.id, proposed) {
			return "", &problem{409, "LeaseAlreadyPresent", "There is already a lease present."}
		}
		if seconds != -1 && (seconds < 15 || seconds > 60) {
			return "", &problem{400, "InvalidHeaderValue", "The value for the lease duration is not valid."}
		}
		b.lease = lease{proposed, until}
	case "renew":
		if !mine {
			return "", &problem{409, "LeaseIdMismatchWithLeaseOperation", "The lease ID specified did not match the lease ID for the blob."}
		}
		b.lease.until = until
		if seconds == 0 {
			b.lease.until = now.Add(time.Minute)
		}
	case "change":
		if !held || !mine {
			return "", &problem{409, "LeaseIdMismatchWithLeaseOperation", "The lease ID specified did not match the lease ID for the blob."}
		}
		b.lease.id = proposed
	case "release":
		if !mine {
			return "", &problem{409, "LeaseIdMismatchWithLeaseOperation", "The lease ID specified did not match the lease ID for the blob."}
		}
		b.lease = lease{}
	case "break":
		if !held {
			return "", &problem{409, "LeaseNotPresentWithLeaseOperation", "There is currently no lease on the blob."}
		}
		b.lease = lease{}
	default:
		return "", &problem{400, "InvalidHeaderValue", "The value for x-ms-lease-action is not valid."}
	}
	return b.lease.id, nil
}
