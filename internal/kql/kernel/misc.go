package kernel

import (
	"strings"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

func miscellany() family {
	return family{
		"current_database":          {bind: constantText(func(e Env) string { return e.Database })},
		"current_principal":         {bind: constantText(func(e Env) string { return e.Principal })},
		"current_principal_details": dynamicEnv(principalDetails),
		"convert_angle":             convertUnit(angles), "convert_length": convertUnit(lengths), "convert_mass": convertUnit(masses),
		"convert_speed": convertUnit(speeds), "convert_volume": convertUnit(volumes), "convert_energy": convertUnit(energies), "convert_force": convertUnit(forces),
		"convert_temperature": typedFunc(schema.Real, 3, 3, convertTemperature),
	}
}

// dynamicEnv binds a function whose dynamic value is the same for the whole query.
func dynamicEnv(f func(Env) any) def {
	return def{bind: func(s *site) (eval, schema.Type, error) {
		v := f(s.env)
		return func(_ []*column.Vector, n int) *column.Vector {
			out := column.New(schema.Dynamic, n)
			for range n {
				out.AppendAny(v)
			}
			return out
		}, schema.Dynamic, nil
	}}
}

// principalDetails describes the person or program who asks, under the service's names; what is not known here is null.
func principalDetails(e Env) any {
	return &column.Object{
		Keys:   []string{"UserPrincipalName", "IdentityProvider", "Authority", "Mfa", "Type", "DisplayName", "ObjectId", "FQN", "Notes"},
		Values: []any{e.Principal, nil, nil, nil, nil, e.Principal, nil, e.Principal, nil},
	}
}

func constantText(f func(Env) string) binder {
	return func(s *site) (eval, schema.Type, error) {
		v := f(s.env)
		return func(_ []*column.Vector, n int) *column.Vector {
			out := column.Make(schema.String, n)
			for i := range out.Strings {
				out.Strings[i] = v
			}
			return out
		}, schema.String, nil
	}
}

// units gives the size of each unit in a base unit.
type units map[string]float64

func convertUnit(table func() units) def {
	return def{bind: func(*site) (eval, schema.Type, error) {
		u := table()
		return map3(schema.Real, asReals, asTexts, asTexts, func(v float64, from, to string) (float64, bool) {
			a, okA := u[strings.ToLower(from)]
			b, okB := u[strings.ToLower(to)]
			return v * a / b, okA && okB
		}), schema.Real, nil
	}, min: 3, max: 3}
}

func angles() units {
	const pi = 3.141592653589793
	return units{"degree": 1, "arcminute": 1.0 / 60, "arcsecond": 1.0 / 3600, "gradian": 0.9, "radian": 180 / pi, "revolution": 360, "turn": 360, "tilt": 57.29577951308232, "microradian": 180 / pi / 1e6, "milliradian": 180 / pi / 1e3, "nanoradian": 180 / pi / 1e9, "deciradian": 180 / pi / 10, "centiradian": 180 / pi / 100, "microdegree": 1e-6, "millidegree": 1e-3, "nanodegree": 1e-9}
}

func lengths() units {
	return units{"meter": 1, "kilometer": 1000, "centimeter": 0.01, "millimeter": 0.001, "micrometer": 1e-6, "nanometer": 1e-9, "decimeter": 0.1, "hectometer": 100, "foot": 0.3048, "inch": 0.0254, "yard": 0.9144, "mile": 1609.344, "nauticalmile": 1852, "lightyear": 9.46073047258e15, "astronomicalunit": 1.4959787070e11}
}

func masses() units {
	return units{"kilogram": 1, "gram": 1e-3, "milligram": 1e-6, "microgram": 1e-9, "nanogram": 1e-12, "tonne": 1000, "kilotonne": 1e6, "megatonne": 1e9, "pound": 0.45359237, "ounce": 0.028349523125, "grain": 6.479891e-5, "stone": 6.35029318, "shortton": 907.18474, "longton": 1016.0469088, "decagram": 0.01, "hectogram": 0.1, "centigram": 1e-5, "decigram": 1e-4}
}

func speeds() units {
	return units{"meterpersecond": 1, "kilometerperhour": 1 / 3.6, "kilometerpersecond": 1000, "mileperhour": 0.44704, "knot": 0.514444444444444, "footpersecond": 0.3048, "footperminute": 0.3048 / 60, "footperhour": 0.3048 / 3600, "meterperminute": 1.0 / 60, "meterperhour": 1.0 / 3600, "centimeterpersecond": 0.01, "millimeterpersecond": 0.001, "inchpersecond": 0.0254, "yardpersecond": 0.9144}
}

func volumes() units {
	return units{"cubicmeter": 1, "liter": 1e-3, "milliliter": 1e-6, "centiliter": 1e-5, "deciliter": 1e-4, "hectoliter": 0.1, "cubiccentimeter": 1e-6, "cubicdecimeter": 1e-3, "cubicmillimeter": 1e-9, "cubickilometer": 1e9, "cubicfoot": 0.0283168, "cubicinch": 1.6387e-5, "cubicyard": 0.764554858, "acrefoot": 1 / 0.000810714, "usgallon": 0.00378541, "imperialgallon": 0.00454609000000181429905810072407}
}

func energies() units {
	return units{"joule": 1, "kilojoule": 1e3, "megajoule": 1e6, "gigajoule": 1e9, "millijoule": 1e-3, "calorie": 4.184, "kilocalorie": 4184, "watthour": 3600, "kilowatthour": 3.6e6, "megawatthour": 3.6e9, "gigawatthour": 3.6e12, "electronvolt": 1.602176565e-19, "britishthermalunit": 1055.05585262, "erg": 1e-7, "footpound": 1.355817948}
}

func forces() units {
	return units{"newton": 1, "kilonewton": 1e3, "meganewton": 1e6, "millinewton": 1e-3, "micronewton": 1e-6, "decanewton": 10, "dyn": 1e-5, "kilogramforce": 9.80665, "kilopond": 9.80665, "poundforce": 4.4482216152605, "ounceforce": 0.278013850953781, "poundal": 0.138254954376}
}

// convertTemperature converts through kelvin.
func convertTemperature(a []any) any {
	v, ok := toReal(a[0])
	if !ok {
		return nil
	}
	scale := func(unit string) (size, zero float64, ok bool) {
		switch strings.ToLower(unit) {
		case "kelvin":
			return 1, 0, true
		case "degreecelsius":
			return 1, 273.15, true
		case "degreefahrenheit":
			return 5.0 / 9, 459.67 * 5 / 9, true
		case "degreerankine":
			return 5.0 / 9, 0, true
		case "degreereaumur":
			return 1.25, 273.15, true
		}
		return 0, 0, false
	}
	fs, fz, okF := scale(Text(a[1]))
	ts, tz, okT := scale(Text(a[2]))
	if !okF || !okT {
		return nil
	}
	return (v*fs + fz - tz) / ts
}
