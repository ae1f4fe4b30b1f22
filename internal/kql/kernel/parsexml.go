package kernel

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"github.com/vedette-siem/vedette/internal/column"
)

func xmlParsers() family { return family{"parse_xml": dynamicFunc(1, 1, parseXML)} }

// maxXML is the longest text, in bytes, that parse_xml reads; maxXMLDepth how deep elements nest.
const (
	maxXML      = 1 << 20
	maxXMLDepth = 256
)

// parseXML gives an element as a bag: attributes under "@name", text under "#text", elements under their names, several of
// one name as an array. An element of text alone is its text, one of nothing null. Comments, declarations and processing
// instructions are left out. What is not XML is null; a value that is not text stays as it is.
func parseXML(a []any) any {
	s, ok := a[0].(string)
	if !ok {
		return a[0]
	}
	if len(s) > maxXML {
		return nil
	}
	d := xml.NewDecoder(strings.NewReader(s))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // the text is UTF-8 whatever it declares
	root := &column.Object{}
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil
		}
		switch t := tok.(type) {
		case xml.StartElement:
			v, ok := xmlElement(d, t, 0)
			if !ok || len(root.Keys) > 0 {
				return nil
			}
			root.Set(xmlName(t.Name), v)
		case xml.CharData:
			if strings.TrimSpace(string(t)) != "" {
				return nil
			}
		}
	}
	if len(root.Keys) == 0 {
		return nil
	}
	return root
}

// xmlName is a name as it was written; the decoder leaves the prefix of a namespace it does not know, and the address of
// one it does, of which nothing is kept.
func xmlName(n xml.Name) string {
	if n.Space != "" && !strings.ContainsAny(n.Space, ":/") {
		return n.Space + ":" + n.Local
	}
	return n.Local
}

func xmlElement(d *xml.Decoder, start xml.StartElement, depth int) (any, bool) {
	if depth > maxXMLDepth {
		return nil, false
	}
	bag := &column.Object{}
	for _, a := range start.Attr {
		bag.Set("@"+xmlName(a.Name), a.Value)
	}
	var text strings.Builder
	for {
		tok, err := d.Token()
		if err != nil {
			return nil, false
		}
		switch t := tok.(type) {
		case xml.CharData:
			text.Write(t)
		case xml.StartElement:
			v, ok := xmlElement(d, t, depth+1)
			if !ok {
				return nil, false
			}
			addElement(bag, xmlName(t.Name), v)
		case xml.EndElement:
			s := strings.TrimSpace(text.String())
			switch {
			case len(bag.Keys) > 0 && s != "":
				bag.Set("#text", s)
			case len(bag.Keys) == 0 && s != "":
				return s, true
			case len(bag.Keys) == 0:
				return nil, true
			}
			return bag, true
		}
	}
}

// elements are those of one name while their bag is being built.
func addElement(bag *column.Object, name string, v any) {
	had, ok := bag.Get(name)
	if !ok {
		bag.Set(name, v)
		return
	}
	if list, ok := had.([]any); ok { // an element is never an array by itself
		bag.Set(name, append(list, v))
		return
	}
	bag.Set(name, []any{had, v})
}
