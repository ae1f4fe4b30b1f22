package store

import (
	"fmt"
	"slices"
	"unsafe"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"
)

// textPages reads a column of texts without nulls page by page as it lies in the file: as the texts themselves, or as the
// places of texts in a dictionary. What next returns is valid until it is called again.
type textPages struct {
	pages file.PageReader
	dict  []string // once there was a page of one
	ids   []uint32
	texts []string
}

// next reads up to the next page of values and returns their number, 0 at the end. Either ids or texts is as long.
func (t *textPages) next() (n int, ids []uint32, texts []string, err error) {
	for t.pages.Next() {
		p := t.pages.Page()
		n, data := int(p.NumValues()), p.Data()
		switch enc := parquet.Encoding(p.Encoding()); {
		case p.Type() == file.PageTypeDictionaryPage:
			// The page's memory is used again.
			if t.dict, err = plainTexts(nil, slices.Clone(data), n); err != nil {
				return 0, nil, nil, err
			}
			continue
		case p.Type() != file.PageTypeDataPage:
			return 0, nil, nil, fmt.Errorf("%w: a page of type %s in a column of texts", errDamagedPart, p.Type())
		case enc == parquet.Encodings.Plain:
			if t.texts, err = plainTexts(t.texts[:0], data, n); err != nil {
				return 0, nil, nil, err
			}
			texts = t.texts
		case (enc == parquet.Encodings.RLEDict || enc == parquet.Encodings.PlainDict) && len(data) > 0:
			if t.ids, err = hybrid(t.ids[:0], data[1:], int(data[0]), n, len(t.dict)); err != nil {
				return 0, nil, nil, err
			}
			ids = t.ids
		default:
			return 0, nil, nil, fmt.Errorf("%w: a page of texts in the form %s", errDamagedPart, enc)
		}
		if n > 0 {
			return n, ids, texts, nil
		}
	}
	return 0, nil, nil, t.pages.Err()
}

// onlyDictionary reports whether all values of a column chunk are places in its dictionary.
func onlyDictionary(c *metadata.ColumnChunkMetaData) bool {
	stats := c.EncodingStats()
	for _, s := range stats {
		if s.PageType != file.PageTypeDictionaryPage && s.Encoding != parquet.Encodings.RLEDict && s.Encoding != parquet.Encodings.PlainDict {
			return false
		}
	}
	return len(stats) > 0
}

// viewText views bytes as text, as long as nobody changes them.
func viewText(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
