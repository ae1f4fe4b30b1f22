package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Event is one line of news for open pages: what changed, never the content.
type Event struct {
	Kind string // incident, connector, health
	Data any
}

// Hub hands events to the open pages. The zero value is ready; safe for concurrent use.
type Hub struct {
	mu   sync.Mutex
	subs map[chan Event]struct{}
}

// Publish tells every page; a page that reads too slowly misses events, which cost it a reload at worst.
func (h *Hub) Publish(e Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.subs {
		select {
		case c <- e:
		default:
		}
	}
}

func (h *Hub) subscribe() (events <-chan Event, cancel func()) {
	c := make(chan Event, 64)
	h.mu.Lock()
	if h.subs == nil {
		h.subs = map[chan Event]struct{}{}
	}
	h.subs[c] = struct{}{}
	h.mu.Unlock()
	return c, func() {
		h.mu.Lock()
		delete(h.subs, c)
		h.mu.Unlock()
	}
}

// events streams news as server-sent events until the page goes or the server stops.
func (s *Server) events(w http.ResponseWriter, r *http.Request) error {
	rc := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	if err := rc.SetWriteDeadline(time.Time{}); err != nil {
		return err
	}
	ch, cancel := s.Hub.subscribe()
	defer cancel()
	beat := time.NewTicker(20 * time.Second)
	defer beat.Stop()
	send := func(text string) bool {
		if _, err := fmt.Fprint(w, text); err != nil {
			return false
		}
		return rc.Flush() == nil
	}
	if !send(": connected\n\n") {
		return nil
	}
	for {
		select {
		case <-r.Context().Done():
			return nil
		case <-s.Stopping:
			return nil
		case <-beat.C:
			// The session may have ended meanwhile: a stream must not outlive it.
			if _, err := s.identify(r); err != nil || !send(": beat\n\n") {
				return nil
			}
		case e := <-ch:
			b, err := json.Marshal(e.Data)
			if err != nil || !send("event: "+e.Kind+"\ndata: "+string(b)+"\n\n") {
				return nil
			}
		}
	}
}
