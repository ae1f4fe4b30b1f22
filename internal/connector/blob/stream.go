package blob

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"

	"github.com/vedette-siem/vedette/internal/ingest"
	"github.com/vedette-siem/vedette/internal/schema"
)

// category follows the prefix in the names of the containers that the export makes; the table's name in small letters follows.
const category = "advancedhunting-"

// Run reads the account until ctx ends.
func (s *Stream) Run(ctx context.Context) error {
	s.watchQuality()
	transport := &http.Transport{}
	defer func() { transport.CloseIdleConnections() }()
	var readers sync.WaitGroup
	defer readers.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	secret := ""
	for {
		choice, changed := s.deps.Watch()
		now, err := s.secret()
		if err == nil && (s.redial.Swap(false) || now != secret) {
			c, way, bad := s.dial(now)
			if err = bad; bad == nil {
				transport.CloseIdleConnections()
				s.client.Store(c)
				secret, transport = now, way
				s.signed.Store(signedUntil(now))
			}
		}
		if err == nil {
			err = s.look(ctx, &readers)
		}
		if ctx.Err() != nil {
			return nil
		}
		s.health.fail("", err)
		s.warnSigned(time.Now())
		if at := s.anewAt.Load(); at > 0 && time.Since(time.Unix(at, 0)) > anewNotice {
			s.anewAt.Store(0)
			s.health.warn("anew", "", "")
		}
		switch {
		case err != nil:
		case Wanted(choice):
			s.health.is(fmt.Sprintf("Reading storage account %s.", s.cfg.Account))
		default:
			s.health.is(fmt.Sprintf("Storage account %s answers; no table is ticked, so nothing is stored.", s.cfg.Account))
		}
		t := time.NewTimer(s.cfg.Poll)
		select {
		case <-t.C:
		case <-changed:
		case <-ctx.Done():
		}
		t.Stop()
		if ctx.Err() != nil {
			return nil
		}
	}
}

// look starts a reader for each container that is wanted and has none.
func (s *Stream) look(ctx context.Context, readers *sync.WaitGroup) error {
	begins := s.cfg.Prefix + category
	pager := s.client.Load().NewListContainersPager(&azblob.ListContainersOptions{Prefix: &begins})
	for pager.More() {
		page, err := pager.NextPage(ctx)
		if err != nil {
			return s.explain("its containers", err)
		}
		for _, k := range page.ContainerItems {
			if k == nil || k.Name == nil || !s.wants(*k.Name) || !s.claim(*k.Name) {
				continue
			}
			r := &reader{s: s, container: *k.Name, folders: map[string]bool{}, tails: map[string]string{}}
			readers.Go(func() { r.run(ctx) })
		}
	}
	return nil
}

// claim reports whether nobody reads the container yet, and notes that somebody does.
func (s *Stream) claim(container string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reading[container] {
		return false
	}
	s.reading[container] = true
	return true
}

func (s *Stream) release(container string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.reading, container)
}

// choice returns the tables that are stored, and whether the container's is one of them; those that cannot be ticked are
// when any table is ticked.
func (s *Stream) choice(container string) (ingest.Selection, bool) {
	c, _ := s.deps.Watch()
	if t := tableNames()[strings.TrimPrefix(container, s.cfg.Prefix+category)]; t != "" && !slices.Contains(c.Tables, t) {
		return ingest.Selection{}, false
	}
	return ingest.Selected(c.Tables), Wanted(c)
}

// wants reports whether the container is to be read.
func (s *Stream) wants(container string) bool {
	_, ok := s.choice(container)
	return ok
}

// tableNames are the tables that can be ticked, by their names in small letters.
var tableNames = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for _, t := range schema.Builtin().Tables() {
		if ingest.Selectable(t.Name) {
			out[strings.ToLower(t.Name)] = t.Name
		}
	}
	return out
})
