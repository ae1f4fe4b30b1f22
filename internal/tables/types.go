package tables

import "strings"

// typeOf says what kind of table a name belongs to, in the words of the tables resource.
func typeOf(name string) string {
	switch {
	case strings.HasSuffix(name, "_CL"):
		return "CustomLog"
	case strings.HasSuffix(name, "_SRCH"):
		return "SearchResults"
	case strings.HasSuffix(name, "_RST"):
		return "RestoredLogs"
	}
	return "Microsoft"
}
