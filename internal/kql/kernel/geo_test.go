package kernel

import "testing"

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
