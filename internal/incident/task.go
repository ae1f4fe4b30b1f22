package incident

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
)

const (
	maxTasks           = 40 // per incident
	maxTaskTitle       = 150
	maxTaskDescription = 3000
)

var taskStatuses = []string{"New", "Completed"}

// TaskChange says what to change of a task; nil parts stay.
type TaskChange struct {
	Title, Description, Status *string
}

func (c *TaskChange) check() error {
	for _, part := range []struct {
		name      string
		v         *string
		low, high int
	}{{"title", c.Title, 1, maxTaskTitle}, {"description", c.Description, 0, maxTaskDescription}} {
		if part.v == nil {
			continue
		}
		*part.v = strings.TrimSpace(*part.v)
		if n := utf8.RuneCountInString(*part.v); n < part.low || n > part.high || !utf8.ValidString(*part.v) {
			return fault.New(fault.Invalid, "invalid_task", "The %s of a task has %d characters; it needs %d to %d.", part.name, n, part.low, part.high)
		}
	}
	if c.Status != nil {
		if *c.Status = canonical(*c.Status, taskStatuses); !slices.Contains(taskStatuses, *c.Status) {
			return fault.New(fault.Invalid, "invalid_task", "%q is not a status of a task. Use New or Completed.", *c.Status)
		}
	}
	return nil
}

// AddTask adds a task to an incident. Tasks are the workspace's own; when the incident is merged into another one, they go along.
func (s *Service) AddTask(ctx context.Context, ws string, number int64, title, description string, by Actor) (model.Task, error) {
	out, _, err := s.PutTask(ctx, ws, number, uuid.NewString(), TaskChange{Title: &title, Description: &description}, by)
	return out, err
}

// PutTask changes a task of an incident, or adds one under a name that the caller chose, and reports whether it is new.
func (s *Service) PutTask(ctx context.Context, ws string, number int64, name string, c TaskChange, by Actor) (out model.Task, made bool, err error) {
	if err := c.check(); err != nil {
		return model.Task{}, false, err
	}
	_, err = s.edit(ctx, ws, number, "", by, func(r *record) (done []model.Activity, err error) {
		if _, err := taskOf(r, name); err == nil {
			out, done, err = s.changeTask(r, name, c, by)
			return done, err
		}
		if c.Title == nil {
			return nil, fault.New(fault.Invalid, "invalid_task", "A new task needs a title.")
		}
		if len(r.in.Tasks) >= maxTasks {
			return nil, fault.New(fault.Invalid, "too_many_tasks", "Incident %d has %d tasks, which is the most it can have.", number, maxTasks)
		}
		made = true
		out = model.Task{
			Name: name, Title: *c.Title, Status: taskStatuses[0], CreatedBy: by.Name, Created: s.now(), ModifiedBy: by.Name, Modified: s.now(),
		}
		if c.Description != nil {
			out.Description = *c.Description
		}
		if c.Status != nil {
			out.Status = *c.Status
		}
		r.in.Tasks = append(r.in.Tasks, out)
		return []model.Activity{{Time: s.now(), Actor: by.Name, Kind: "task", After: out.Title, Origin: "vedette", Note: "added"}}, nil
	})
	return out, made, err
}

// UpdateTask changes a task of an incident.
func (s *Service) UpdateTask(ctx context.Context, ws string, number int64, name string, c TaskChange, by Actor) (model.Task, error) {
	if err := c.check(); err != nil {
		return model.Task{}, err
	}
	var out model.Task
	_, err := s.edit(ctx, ws, number, "", by, func(r *record) (done []model.Activity, err error) {
		out, done, err = s.changeTask(r, name, c, by)
		return done, err
	})
	return out, err
}

func (s *Service) changeTask(r *record, name string, c TaskChange, by Actor) (model.Task, []model.Activity, error) {
	i, err := taskOf(r, name)
	if err != nil {
		return model.Task{}, nil, err
	}
	r.in.Tasks = slices.Clone(r.in.Tasks)
	t := &r.in.Tasks[i]
	was := *t
	for _, p := range []struct{ from, to *string }{{c.Title, &t.Title}, {c.Description, &t.Description}, {c.Status, &t.Status}} {
		if p.from != nil {
			*p.to = *p.from
		}
	}
	if *t == was {
		return was, nil, nil
	}
	t.ModifiedBy, t.Modified = by.Name, s.now()
	return *t, []model.Activity{{Time: s.now(), Actor: by.Name, Kind: "task", Before: was.Status, After: t.Title, Origin: "vedette", Note: strings.ToLower(t.Status)}}, nil
}

// RemoveTask removes a task of an incident.
func (s *Service) RemoveTask(ctx context.Context, ws string, number int64, name string, by Actor) error {
	_, err := s.edit(ctx, ws, number, "", by, func(r *record) ([]model.Activity, error) {
		i, err := taskOf(r, name)
		if err != nil {
			return nil, err
		}
		gone := r.in.Tasks[i]
		r.in.Tasks = slices.Delete(slices.Clone(r.in.Tasks), i, i+1)
		return []model.Activity{{Time: s.now(), Actor: by.Name, Kind: "task", Before: gone.Title, Origin: "vedette", Note: "removed"}}, nil
	})
	return err
}

func taskOf(r *record, name string) (int, error) {
	i := slices.IndexFunc(r.in.Tasks, func(t model.Task) bool { return strings.EqualFold(t.Name, name) })
	if i < 0 {
		return 0, fault.New(fault.NotFound, "task_not_found", "Incident %d has no task %s.", r.row.Number, name)
	}
	return i, nil
}
