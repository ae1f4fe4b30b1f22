package kernel

import (
	"sync"

	"github.com/ua-parser/uap-go/uaparser"

	"github.com/vedette-siem/vedette/internal/column"
	"github.com/vedette-siem/vedette/internal/schema"
)

func userAgents() family {
	return family{"parse_user_agent": {bind: bindUserAgent, min: 1, max: 2}}
}

// agents is the parser over the uap-core patterns that come with the library; compiled when first needed.
var agents = sync.OnceValues(func() (*uaparser.Parser, error) { return uaparser.New() })

// maxUserAgent is the longest text, in bytes, that is looked at; browsers send less than 2 KB.
const maxUserAgent = 16 << 10

// bindUserAgent binds parse_user_agent(text [, what]): "browser", "os", "device", or an array of them; all three without.
func bindUserAgent(*site) (eval, schema.Type, error) {
	parser, err := agents()
	if err != nil {
		return nil, 0, err
	}
	return boxed(schema.Dynamic, func(a []any) any {
		s := Text(a[0])
		if s == "" || len(s) > maxUserAgent {
			return nil
		}
		want := []any{"browser", "os", "device"}
		if len(a) > 1 {
			switch x := a[1].(type) {
			case string:
				want = []any{x}
			case []any:
				want = x
			default:
				return nil
			}
		}
		asked := map[string]bool{}
		for _, w := range want {
			asked[Text(column.Resolve(w))] = true
		}
		out := &column.Object{}
		if asked["browser"] {
			u := parser.ParseUserAgent(s)
			out.Set("Browser", bagOf("Family", u.Family, "MajorVersion", u.Major, "MinorVersion", u.Minor, "Patch", u.Patch))
		}
		if asked["os"] {
			o := parser.ParseOs(s)
			out.Set("OperatingSystem", bagOf("Family", o.Family, "MajorVersion", o.Major, "MinorVersion", o.Minor, "Patch", o.Patch, "PatchMinor", o.PatchMinor))
		}
		if asked["device"] {
			d := parser.ParseDevice(s)
			out.Set("Device", bagOf("Family", d.Family, "Brand", d.Brand, "Model", d.Model))
		}
		return out
	}), schema.Dynamic, nil
}
