package kernel

import "sync"

// family is a group of definitions by KQL name.
type family map[string]def

// families lists every definition; a name occurs once.
func families() []family {
	return []family{conversions(), comparisons(), logic(), matches(), arithmetic(), binaries(), dynamics(), datetimes(), timeFormats(), stringFunctions(), regexFunctions(), arrays(), bags(), mathematics(), windows(), addresses(), encodings(), parsers(), miscellany(), seriesFunctions(), seriesFits(), sketches(), distributions(), punycodes(), geography(),
		seriesTransforms(), seriesPolynomials(), seriesOutliers(), seriesPeriods(), seriesDecompositions(), combinedHashes(), xmlParsers(), userAgents(), serviceFunctions(),
		hypothesisTests(), geoCells(), geoShapes()}
}

var table = sync.OnceValue(func() map[string]def {
	all := map[string]def{}
	for _, f := range families() {
		for name, d := range f {
			all[name] = d
		}
	}
	return all
})

func lookup(name string) (def, bool) { d, ok := table()[name]; return d, ok }
