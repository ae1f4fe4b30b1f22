package kernel

import (
	"strings"
	"testing"
)

func TestGeography(t *testing.T) {
	square := dyn(`{"type":"Polygon","coordinates":[[[0,0],[2,0],[2,2],[0,2],[0,0]],[[0.5,0.5],[1.5,0.5],[1.5,1.5],[0.5,1.5],[0.5,0.5]]]}`)
	runKernels(t, []kernelCase{
		{"inside", "geo_point_in_polygon", args(0.25, 0.25, square), "true"},
		{"in the hole", "geo_point_in_polygon", args(1.0, 1.0, square), "false"},
		{"outside", "geo_point_in_polygon", args(3.0, 1.0, square), "false"},
		{"not closed", "geo_point_in_polygon", args(1.0, 1.0, dyn(`{"type":"Polygon","coordinates":[[[0,0],[2,0],[2,2],[0,2]]]}`)), "null"},
		{"not a longitude", "geo_point_in_circle", args(200, 1, 1, 1, 1), "null"},
		{"in a circle", "geo_point_in_circle", args(-122.143564, 47.535677, -122.100896, 47.527351, 3500), "true"},
		{"nested", "geo_from_wkt", args("GEOMETRYCOLLECTION (POINT (1 1), POLYGON ((0 0, 2 0, 2 2, 0 0)))"), `{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1.0,1.0]},{"type":"Polygon","coordinates":[[[0.0,0.0],[2.0,0.0],[2.0,2.0],[0.0,0.0]]]}]}`},
		{"broken", "geo_from_wkt", args("LINESTRING"), "null"},
		{"letters", "geo_point_to_geohash", args(42.47, 23.7, 5), "'sunny'"},
		{"around", "geo_geohash_neighbors", args("sunny"), `["sunnv","sunnt","sunnw","sunnx","sunpp","sunnz","sunpn","sunpj"]`},
		{"not a geohash", "geo_geohash_to_polygon", args("a"), "null"},
	})
}

func TestGeoCells(t *testing.T) {
	runKernels(t, []kernelCase{
		{"of a point", "geo_point_to_h3cell", args(-74.04450446039874, 40.689250859314974, 6), "'862a1072fffffff'"},
		{"by itself", "geo_point_to_h3cell", args(-74.04450446039874, 40.689250859314974), "'862a1072fffffff'"},
		{"beyond the map", "geo_point_to_h3cell", args(300, 1, 8), "''"},
		{"too fine", "geo_point_to_h3cell", args(1, 1, 16), "''"},
		{"parent", "geo_h3cell_parent", args("862a1072fffffff"), "'852a1073fffffff'"},
		{"no parent above", "geo_h3cell_parent", args("862a1072fffffff", 7), "''"},
		{"level", "geo_h3cell_level", args("862a1072fffffff"), "6"},
		{"level of nothing", "geo_h3cell_level", args("abc"), "null"},
		{"children", "geo_h3cell_children", args("862a1072fffffff"), `["872a10728ffffff","872a10729ffffff","872a1072affffff","872a1072bffffff","872a1072cffffff","872a1072dffffff","872a1072effffff"]`},
		{"too many", "geo_h3cell_children", args("862a1072fffffff", 15), "null"},
		{"in the order of the service's set", "geo_h3cell_neighbors", args("862a1072fffffff"), `["862a10777ffffff","862a100d7ffffff","862a100dfffffff","862a1070fffffff","862a10707ffffff","862a10727ffffff"]`},
		{"in the order of the service's set", "geo_s2cell_neighbors", args("89c259"), `["89c25d","89c25b","89c2f7","89c257","89c2f5","89c251","89c25f","89c2f9"]`},
		{"of a point", "geo_point_to_s2cell", args(-73.956683, 40.807907, 10), "'89c2f7'"},
		{"not a token", "geo_s2cell_to_polygon", args("a"), "null"},
		{"too many cells", "geo_polygon_to_s2cells", args(dyn(`{"type":"Polygon","coordinates":[[[0,0],[0,50],[100,50],[0,0]]]}`), 30), "null"},
	})
}

func TestGeoShapes(t *testing.T) {
	line := dyn(`{"type":"LineString","coordinates":[[-73.95796,40.80042],[-73.97317,40.764486]]}`)
	runKernels(t, []kernelCase{
		{"clockwise", "round", args(evaluateReal(t, "geo_angle", 0, 10, 0, 5, 3, -10), 12), "2.944938434069"},
		{"no direction", "geo_angle", args(0, 10, 0, 10, 3, -10), "null"},
		{"east", "round", args(evaluateReal(t, "geo_azimuth", 0, 0, 1, 0), 12), "1.570796326795"},
		{"to itself", "geo_azimuth", args(1, 1, 1, 1), "null"},
		{"half way back", "round", args(evaluateReal(t, "geo_line_locate_point", line, -73.961764043218281, 40.791436687257232), 9), "0.25"},
		{"beyond the end", "geo_line_interpolate_point", args(line, 1.1), "null"},
		{"too wide", "geo_line_buffer", args(line, 1e9), "null"},
		{"of a line of no length", "geo_line_simplify", args(dyn(`{"type":"LineString","coordinates":[[1.1,1.1],[1.2,1.2]]}`), 100000), "null"},
		{"apart", "geo_intersects_2lines", args(dyn(`{"type":"LineString","coordinates":[[1,1],[2,2]]}`), dyn(`{"type":"LineString","coordinates":[[3,3],[4,4]]}`)), "false"},
		{"apart", "geo_intersection_2lines", args(dyn(`{"type":"LineString","coordinates":[[1,1],[2,2]]}`), dyn(`{"type":"LineString","coordinates":[[3,3],[4,4]]}`)), `{"type":"GeometryCollection","geometries":[]}`},
		{"by halves", "geo_line_densify", args(dyn(`{"type":"LineString","coordinates":[[50,50],[51,51]]}`)), `{"type":"LineString","coordinates":[[50.0,50.0],[50.125,50.125],[50.25000000000001,50.25000000000001],[50.375,50.375],[50.5,50.5],[50.625,50.62500000000001],[50.74999999999999,50.74999999999999],[50.875,50.875],[50.99999999999999,51.0]]}`},
		{"no tolerance", "geo_polygon_densify", args(dyn(`{"type":"Polygon","coordinates":[[[10,10],[11,10],[11,11],[10,10]]]}`), 0), "null"},
		{"no polygon", "geo_union_polygons_array", args(dyn(`[{"type":"Polygon"}]`)), "null"},
	})
	p := evaluate(t, "geo_line_interpolate_point", line, 0.25)
	if !strings.HasPrefix(p, `{"type":"Point","coordinates":[-73.96176404321828`) {
		t.Errorf("a quarter of the way: %s", p)
	}
}
