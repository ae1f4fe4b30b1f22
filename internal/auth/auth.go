package auth

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/vedette-siem/vedette/internal/fault"
)

// How long things live.
const (
	SessionIdle = 8 * time.Hour
	SessionMax  = 24 * time.Hour
	LinkLife    = 24 * time.Hour
)

// User is a local person.
type User struct {
	Name, PasswordHash string
	Role               Role
	Created            time.Time
	// TenantID and ObjectID are the user of an Entra tenant that the account is linked to, "" for none.
	TenantID, ObjectID string
}

// Principal is a program with a client secret.
type Principal struct {
	ClientID, Name, SecretHash string
	Role                       Role
	Created                    time.Time
}

// Session is one sign-in of a user, known by the digest of its token.
type Session struct {
	Digest, User  string
	Created, Seen time.Time
}

// Repo keeps users, principals, sessions and links. Missing things are fault.NotFound errors. Implemented by meta.
type Repo interface {
	User(ctx context.Context, name string) (User, error)
	Users(ctx context.Context) ([]User, error)
	// PutUser adds or replaces a user; the link to a user of a tenant is set by LinkTenant alone.
	PutUser(ctx context.Context, u User) error
	LinkTenant(ctx context.Context, name, tenantID, objectID string) error
	// DeleteUser removes the user with all sessions and links.
	DeleteUser(ctx context.Context, name string) error
	Principal(ctx context.Context, clientID string) (Principal, error)
	Principals(ctx context.Context) ([]Principal, error)
	PutPrincipal(ctx context.Context, p Principal) error
	DeletePrincipal(ctx context.Context, clientID string) error
	Session(ctx context.Context, digest string) (Session, error)
	PutSession(ctx context.Context, s Session) error
	DeleteSession(ctx context.Context, digest string) error
	PutLink(ctx context.Context, digest, user string, expires time.Time) error
	// TakeLink removes an unexpired link and returns its user: a link works once.
	TakeLink(ctx context.Context, digest string, now time.Time) (user string, err error)
}

// Service signs people and programs in. Safe for concurrent use.
type Service struct {
	repo Repo
	now  func() time.Time
	keys *Keys

	mu    sync.Mutex
	tries map[string]*attempts
}

// New returns a service; keys sign the tokens of principals.
func New(repo Repo, keys *Keys, now func() time.Time) *Service {
	return &Service{repo: repo, keys: keys, now: now, tries: map[string]*attempts{}}
}

// attempts slows guessing: after five wrong passwords a name waits, doubling from a second to a minute.
type attempts struct {
	failed int
	until  time.Time
}

// SignIn checks a password and opens a session; the token goes into the cookie. Wrong name and wrong password are one error.
func (s *Service) SignIn(ctx context.Context, name, password string) (token string, a Actor, err error) {
	if wait := s.blocked(name); wait > 0 {
		return "", Actor{}, fault.New(fault.Throttled, "sign_in_throttled", "too many wrong passwords for %s; try again in %s", name, wait.Round(time.Second))
	}
	u, err := s.repo.User(ctx, name)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return "", Actor{}, err
	}
	// An unknown name costs the same work, so that timing does not tell names.
	if !checkPassword(firstNonEmpty(u.PasswordHash, dummyHash()), password) || u.PasswordHash == "" {
		s.failed(name)
		return "", Actor{}, fault.New(fault.Unauthenticated, "sign_in_failed", "name or password is wrong")
	}
	s.mu.Lock()
	delete(s.tries, name)
	s.mu.Unlock()
	token, err = s.open(ctx, u)
	return token, actorOf(u), err
}

// dummyHash is the hash checked for unknown names.
var dummyHash = sync.OnceValue(func() string { return hashPassword("nobody has this password") })

func firstNonEmpty(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (s *Service) open(ctx context.Context, u User) (string, error) {
	token, now := NewSecret(), s.now()
	return token, s.repo.PutSession(ctx, Session{Digest: digest(token), User: u.Name, Created: now, Seen: now})
}

// SignInLink spends a one-time link and opens a session.
func (s *Service) SignInLink(ctx context.Context, link string) (token string, err error) {
	name, err := s.repo.TakeLink(ctx, digest(link), s.now())
	if err != nil {
		return "", fault.New(fault.Unauthenticated, "link_spent", "this sign-in link was used already or is too old; ask for a new one with: vedette user add --name NAME --role ROLE")
	}
	u, err := s.repo.User(ctx, name)
	if err != nil {
		return "", err
	}
	return s.open(ctx, u)
}

// Session returns the actor of a session token, or Unauthenticated when it is unknown, idle too long or too old.
func (s *Service) Session(ctx context.Context, token string) (Actor, error) {
	gone := fault.New(fault.Unauthenticated, "session_expired", "sign in again")
	ses, err := s.repo.Session(ctx, digest(token))
	if err != nil {
		if fault.KindOf(err) == fault.NotFound {
			return Actor{}, gone
		}
		return Actor{}, err
	}
	now := s.now()
	if now.Sub(ses.Seen) > SessionIdle || now.Sub(ses.Created) > SessionMax {
		return Actor{}, errors.Join(gone, s.repo.DeleteSession(ctx, ses.Digest))
	}
	// The clock of use is coarse on purpose: one write a minute, not one a request.
	if now.Sub(ses.Seen) > time.Minute {
		ses.Seen = now
		if err := s.repo.PutSession(ctx, ses); err != nil {
			return Actor{}, err
		}
	}
	u, err := s.repo.User(ctx, ses.User)
	if err != nil {
		return Actor{}, gone
	}
	return actorOf(u), nil
}

// SignOut ends the session.
func (s *Service) SignOut(ctx context.Context, token string) error {
	return s.repo.DeleteSession(ctx, digest(token))
}

// AddUser makes or replaces a user. An empty password leaves sign-in by link only.
func (s *Service) AddUser(ctx context.Context, name, password string, role Role) error {
	if name == "" || len(name) > 100 {
		return fault.New(fault.Invalid, "user_name", "a user name has 1 to 100 characters")
	}
	u := User{Name: name, Role: role, Created: s.now()}
	if password != "" {
		u.PasswordHash = hashPassword(password)
	}
	return s.repo.PutUser(ctx, u)
}

// Link makes a one-time sign-in token for a user.
func (s *Service) Link(ctx context.Context, user string) (string, error) {
	if _, err := s.repo.User(ctx, user); err != nil {
		return "", err
	}
	token := NewSecret()
	return token, s.repo.PutLink(ctx, digest(token), user, s.now().Add(LinkLife))
}

// LinkTenant links an account to a user of an Entra tenant, or to none when both ids are "".
func (s *Service) LinkTenant(ctx context.Context, name, tenantID, objectID string) error {
	for _, id := range []string{tenantID, objectID} {
		if _, err := uuid.Parse(id); err != nil && (tenantID != "" || objectID != "") {
			return fault.New(fault.Invalid, "tenant_user_id", "%q is not the id of a tenant or of a user; both are GUIDs, shown in the Entra admin center", id)
		}
	}
	if _, err := s.repo.User(ctx, name); err != nil {
		return err
	}
	return s.repo.LinkTenant(ctx, name, strings.ToLower(tenantID), strings.ToLower(objectID))
}

// Users lists the users by name.
func (s *Service) Users(ctx context.Context) ([]User, error) { return s.repo.Users(ctx) }

// RemoveUser deletes a user; their sessions end at once.
func (s *Service) RemoveUser(ctx context.Context, name string) error {
	return s.repo.DeleteUser(ctx, name)
}

// AddPrincipal makes a program and returns its secret, which is shown this once.
func (s *Service) AddPrincipal(ctx context.Context, name string, role Role) (p Principal, secret string, err error) {
	if name == "" || len(name) > 100 {
		return Principal{}, "", fault.New(fault.Invalid, "principal_name", "a principal's name has 1 to 100 characters")
	}
	secret = NewSecret()
	p = Principal{ClientID: uuid.NewString(), Name: name, SecretHash: digest(secret), Role: role, Created: s.now()}
	return p, secret, s.repo.PutPrincipal(ctx, p)
}

// Principals lists the principals by name.
func (s *Service) Principals(ctx context.Context) ([]Principal, error) { return s.repo.Principals(ctx) }

// RemovePrincipal deletes a program; its tokens stop working at once.
func (s *Service) RemovePrincipal(ctx context.Context, clientID string) error {
	return s.repo.DeletePrincipal(ctx, clientID)
}

func actorOf(u User) Actor {
	return Actor{Kind: "user", ID: u.Name, Name: u.Name, Role: u.Role, TenantID: u.TenantID, ObjectID: u.ObjectID}
}

func (s *Service) blocked(name string) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.tries[name]; t != nil {
		return t.until.Sub(s.now())
	}
	return 0
}

func (s *Service) failed(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.tries) > 10_000 { // a flood of made-up names must not grow memory
		s.tries = map[string]*attempts{}
	}
	t := s.tries[name]
	if t == nil {
		t = new(attempts)
		s.tries[name] = t
	}
	t.failed++
	if over := t.failed - 5; over >= 0 {
		t.until = s.now().Add(min(time.Minute, time.Second<<min(over, 6)))
	}
}
