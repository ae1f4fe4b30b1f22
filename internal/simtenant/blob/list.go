package blob

import (
	"encoding/xml"
	"io"
	"net/http"

	"strings"
)

type containerXML struct {
	Name       string `xml:"Name"`
	Properties struct {
		Modified    string `xml:"Last-Modified"`
		Etag        string `xml:"Etag"`
		LeaseStatus string `xml:"LeaseStatus"`
		LeaseState  string `xml:"LeaseState"`
	} `xml:"Properties"`
}

type containersXML struct {
	XMLName    xml.Name       `xml:"EnumerationResults"`
	Endpoint   string         `xml:"ServiceEndpoint,attr"`
	Prefix     string         `xml:"Prefix,omitempty"`
	Marker     string         `xml:"Marker,omitempty"`
	MaxResults string         `xml:"MaxResults,omitempty"`
	Containers []containerXML `xml:"Containers>Container"`
	Next       string         `xml:"NextMarker"`
}

type blobXML struct {
	Name       string `xml:"Name"`
	Properties struct {
		Created     string `xml:"Creation-Time"`
		Modified    string `xml:"Last-Modified"`
		Etag        string `xml:"Etag"`
		Length      int64  `xml:"Content-Length"`
		Type        string `xml:"Content-Type"`
		BlobType    string `xml:"BlobType"`
		LeaseStatus string `xml:"LeaseStatus"`
		LeaseState  string `xml:"LeaseState"`
		Encrypted   bool   `xml:"ServerEncrypted"`
	} `xml:"Properties"`
}

type prefixXML struct {
	Name string `xml:"Name"`
}

type blobsXML struct {
	XMLName    xml.Name    `xml:"EnumerationResults"`
	Endpoint   string      `xml:"ServiceEndpoint,attr"`
	Container  string      `xml:"ContainerName,attr"`
	Prefix     string      `xml:"Prefix,omitempty"`
	Marker     string      `xml:"Marker,omitempty"`
	MaxResults string      `xml:"MaxResults,omitempty"`
	Delimiter  string      `xml:"Delimiter,omitempty"`
	Blobs      []blobXML   `xml:"Blobs>Blob"`
	Prefixes   []prefixXML `xml:"Blobs>BlobPrefix"`
	Next       string      `xml:"NextMarker"`
}

func (s *Server) answer(w http.ResponseWriter, v any) *problem {
	w.Header().Set("Content-Type", "application/xml")
	b, err := xml.Marshal(v)
	if err != nil {
		return &problem{500, "InternalError", "Server encountered an internal error. Please try again after some time."}
	}
	_, _ = io.WriteString(w, xmlHead+string(b)) // the client is gone if this fails
	return nil
}

func endpoint(r *http.Request) string { return "https://" + r.Host + "/" + Account + "/" }

func (s *Server) listContainers(w http.ResponseWriter, r *http.Request) *problem {
	marker, most, p := page(r)
	if p != nil {
		return p
	}
	q := r.URL.Query()
	out := containersXML{Endpoint: endpoint(r), Prefix: q.Get("prefix"), Marker: q.Get("marker"), MaxResults: q.Get("maxresults")}
	for _, name := range s.cfg.Store.Containers() {
		if !strings.HasPrefix(name, out.Prefix) || name < marker {
			continue
		}
		if len(out.Containers) == most {
			out.Next = markerOf(name)
			break
		}
		c := containerXML{Name: name}
		list, _ := s.cfg.Store.List(name, "", s.cfg.Now())
		h := http.Header{}
		s.containerHead(h, list)
		c.Properties.Modified, c.Properties.Etag, c.Properties.LeaseStatus, c.Properties.LeaseState = h.Get("Last-Modified"), h.Get("ETag"), "unlocked", "available"
		out.Containers = append(out.Containers, c)
	}
	return s.answer(w, out)
}

func (s *Server) listBlobs(w http.ResponseWriter, r *http.Request, container string) *problem {
	marker, most, p := page(r)
	if p != nil {
		return p
	}
	q := r.URL.Query()
	out := blobsXML{Endpoint: endpoint(r), Container: container, Prefix: q.Get("prefix"), Marker: q.Get("marker"), MaxResults: q.Get("maxresults"), Delimiter: q.Get("delimiter")}
	list, ok := s.cfg.Store.List(container, out.Prefix, s.cfg.Now())
	if !ok {
		return notFound()
	}
	folded := ""
	for _, b := range list {
		if b.Name < marker {
			continue
		}
		folder, inside := "", false
		if out.Delimiter != "" {
			if i := strings.Index(b.Name[len(out.Prefix):], out.Delimiter); i >= 0 {
				folder, inside = b.Name[:len(out.Prefix)+i+len(out.Delimiter)], true
			}
		}
		if inside && folder == folded {
			continue
		}
		if len(out.Blobs)+len(out.Prefixes) == most {
			out.Next = markerOf(b.Name)
			break
		}
		if inside {
			folded = folder
			out.Prefixes = append(out.Prefixes, prefixXML{folder})
			continue
		}
		out.Blobs = append(out.Blobs, wire(b))
	}
	return s.answer(w, out)
}

func wire(b Info) blobXML {
	x := blobXML{Name: b.Name}
	x.Properties.Created, x.Properties.Modified = b.Created.UTC().Format(http.TimeFormat), b.Modified.UTC().Format(http.TimeFormat)
	x.Properties.Etag, x.Properties.Length, x.Properties.Type, x.Properties.BlobType = strings.Trim(b.Etag, `"`), b.Size, "application/octet-stream", "AppendBlob"
	x.Properties.LeaseStatus, x.Properties.LeaseState, x.Properties.Encrypted = "unlocked", "available", true
	if b.Leased {
		x.Properties.LeaseStatus, x.Properties.LeaseState = "locked", "leased"
	}
	return x
}
