package sqlgen

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/vedette-siem/vedette/internal/kql/plan"
	"github.com/vedette-siem/vedette/internal/schema"
)

// constant computes an expression that refers to no column.
func (g *gen) constant(e plan.Expr) (any, bool) {
	if l, ok := e.(*plan.Lit); ok {
		return l.Value, true
	}
	if !pure(e) || len(refs(e)) > 0 {
		return nil, false
	}
	return g.env.Constant(e)
}

// literal writes a constant of a simple type or a finite real.
func (g *gen) literal(v any, t schema.Type) (string, bool) {
	if v == nil {
		return missing(t), t != schema.Unknown
	}
	switch v := v.(type) {
	case bool:
		return strconv.FormatBool(v), t == schema.Bool
	case int64:
		if v == math.MinInt64 {
			return "CAST('-9223372036854775808' AS BIGINT)", true
		}
		return fmt.Sprintf("CAST(%d AS BIGINT)", v), sqlType(t) == "BIGINT"
	case float64:
		if t != schema.Real || math.IsNaN(v) || math.IsInf(v, 0) {
			return "", false
		}
		return "CAST('" + strconv.FormatFloat(v, 'g', -1, 64) + "' AS DOUBLE)", true
	case uuid.UUID:
		return "'" + v.String() + "'", t == schema.Guid
	case string:
		if t != schema.String {
			return "", false
		}
		if s, ok := quote(v); ok {
			return s, true
		}
		if !utf8.ValidString(v) {
			return "", false
		}
		return g.param(v), true
	}
	return "", false
}

// param binds a value that cannot stand in the text.
func (g *gen) param(v string) string {
	g.params = append(g.params, v)
	return fmt.Sprintf("CAST($%d AS VARCHAR)", len(g.params))
}

// quote writes a string constant. The engine's constants have one escape, the doubled quote. Text with a NUL cannot
// pass through a C string, and text that is not UTF-8 cannot be a string of the engine.
func quote(s string) (string, bool) {
	if strings.ContainsRune(s, 0) || !utf8.ValidString(s) {
		return "", false
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'", true
}
