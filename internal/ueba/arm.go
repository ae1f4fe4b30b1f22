package ueba

import (
	"context"
	"slices"
	"strings"

	"github.com/vedette-siem/vedette/internal/fault"
	"github.com/vedette-siem/vedette/internal/model"
)

// The kinds of Microsoft.SecurityInsights/settings that exist here. EntityAnalytics exists while entity behavior is on and
// names the directories; Ueba exists while data sources are chosen, too.
const (
	EntityAnalytics = "EntityAnalytics"
	Ueba            = "Ueba"
)

var kinds = []string{EntityAnalytics, Ueba}

// Setting is one such setting.
type Setting struct {
	Kind, Etag string
	Properties map[string]any
}

// SettingChange is what a program puts.
type SettingChange struct {
	Kind, Etag      string
	EntityProviders []string
	DataSources     []string
}

// kindOf returns the kind that a setting's name stands for; the name is its kind in any case.
func kindOf(name string) (string, error) {
	for _, k := range kinds {
		if strings.EqualFold(k, name) {
			return k, nil
		}
	}
	return "", fault.New(fault.NotFound, "setting_not_found", "There is no setting %q. There are: %s.", name, strings.Join(kinds, ", "))
}

// settingOf returns the setting of a kind, false when it does not exist now.
func settingOf(c model.EntityBehavior, kind string) (Setting, bool) {
	v := Setting{Kind: kind, Etag: Etag(c)}
	switch kind {
	case EntityAnalytics:
		v.Properties = map[string]any{"entityProviders": append([]string{}, c.Directories...)}
		return v, c.Enabled
	default:
		v.Properties = map[string]any{"dataSources": append([]string{}, c.DataSources...)}
		return v, c.Enabled && len(c.DataSources) > 0
	}
}

// Settings returns the settings that exist.
func (s *Service) Settings(ws string) ([]Setting, error) {
	w, err := s.workspace(ws)
	if err != nil {
		return nil, err
	}
	c, _ := s.watch(w)
	var out []Setting
	for _, k := range kinds {
		if v, ok := settingOf(c, k); ok {
			out = append(out, v)
		}
	}
	return out, nil
}

// Setting returns one setting; a fault NotFound when it does not exist now.
func (s *Service) Setting(ws, name string) (Setting, error) {
	w, err := s.workspace(ws)
	if err != nil {
		return Setting{}, err
	}
	kind, err := kindOf(name)
	if err != nil {
		return Setting{}, err
	}
	c, _ := s.watch(w)
	v, ok := settingOf(c, kind)
	if !ok {
		return v, fault.New(fault.NotFound, "setting_not_found", "The setting %s does not exist: entity behavior is off, or it has no data sources.", kind)
	}
	return v, nil
}

// PutSetting makes or changes a setting, and reports whether it is new.
func (s *Service) PutSetting(ctx context.Context, ws, name string, c SettingChange, actor string) (Setting, bool, error) {
	w, err := s.workspace(ws)
	if err != nil {
		return Setting{}, false, err
	}
	kind, err := kindOf(name)
	if err != nil {
		return Setting{}, false, err
	}
	if c.Kind != "" && !strings.EqualFold(c.Kind, kind) {
		return Setting{}, false, fault.New(fault.Invalid, "setting_kind", "The setting %s is not of kind %q.", kind, c.Kind)
	}
	old, _ := s.watch(w)
	_, existed := settingOf(old, kind)
	change := Change{Etag: c.Etag}
	if kind == EntityAnalytics {
		on, names := true, slices.Clone(c.EntityProviders)
		change.Enabled, change.Directories = &on, &names
	} else {
		if !old.Enabled {
			return Setting{}, false, fault.New(fault.Invalid, "ueba_off", "Entity behavior is off: put the setting %s first.", EntityAnalytics)
		}
		names := slices.Clone(c.DataSources)
		change.DataSources = &names
	}
	if err := s.Set(ctx, ws, change, actor); err != nil {
		return Setting{}, false, err
	}
	now, _ := s.watch(w)
	v, _ := settingOf(now, kind)
	return v, !existed, nil
}

// DeleteSetting ends a setting, and reports whether it was there. Without EntityAnalytics entity behavior is off.
func (s *Service) DeleteSetting(ctx context.Context, ws, name, actor string) (bool, error) {
	w, err := s.workspace(ws)
	if err != nil {
		return false, err
	}
	kind, err := kindOf(name)
	if err != nil {
		return false, err
	}
	old, _ := s.watch(w)
	if _, ok := settingOf(old, kind); !ok {
		return false, nil
	}
	if kind == EntityAnalytics {
		no := false
		return true, s.Set(ctx, ws, Change{Enabled: &no}, actor)
	}
	return true, s.Set(ctx, ws, Change{DataSources: &[]string{}}, actor)
}
