package sqlgen

import "github.com/vedette-siem/vedette/internal/kql/plan"

func (g *gen) join(n *plan.Join) (*rel, bool) { return nil, false }
