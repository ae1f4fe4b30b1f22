package graph

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// listing is a collection that can be filtered, ordered and paged.
type listing[T any] struct {
	items       []T
	get         func(T) func(string) any
	filterable  []string
	sortable    []string
	newest      string // default order: this field, newest first
	orderBy     bool   // honour $orderby
	top, maxTop int
	capMessage  string
	context     string
	view        func(T) any
	tieBreak    func(a, b T) int
	refused     func(rows []T) bool // the page asks for too much at once; nil for never
}

// answer sends the page of the list the request asks for.
func answer[T any](c *call, l listing[T]) error {
	items := l.items
	if f := c.q.Get("$filter"); f != "" {
		p, err := parseFilter(f, l.filterable)
		if err != nil {
			return err
		}
		items = slices.DeleteFunc(slices.Clone(items), func(i T) bool { return !p(l.get(i)) })
	} else {
		items = slices.Clone(items)
	}
	orders := []order{}
	if l.newest != "" {
		orders = append(orders, order{l.newest, true})
	}
	if o := c.q.Get("$orderby"); o != "" {
		wanted, err := parseOrder(o, l.sortable)
		if err != nil {
			return err
		}
		if l.orderBy {
			orders = wanted
		}
	}
	slices.SortStableFunc(items, func(a, b T) int {
		for _, o := range orders {
			n := rank(l.get(a)(o.field), l.get(b)(o.field))
			if o.desc {
				n = -n
			}
			if n != 0 {
				return n
			}
		}
		return l.tieBreak(a, b)
	})
	top, skip, err := window(c, l.top, l.maxTop, l.capMessage)
	if err != nil {
		return err
	}
	total := len(items)
	end := min(skip+top, total)
	chosen := items[min(skip, total):end]
	if l.refused != nil && l.refused(chosen) {
		c.failExpand()
		return nil
	}
	rows := []any{}
	for k, i := range chosen {
		if c.partial && k%2 == 1 {
			continue
		}
		rows = append(rows, l.view(i))
	}
	switch {
	case c.page == "page-empty" && end < total:
		rows, end = []any{}, skip // nothing is lost: the next page has the rows
	case c.page == "page-doubled" && len(rows) > 0:
		rows = append(rows, rows[0])
	case c.page == "page-short" && len(rows) > 0:
		rows = rows[:len(rows)-1]
	}
	out := page200{Context: l.context, Value: rows}
	if c.q.Get("$count") == "true" {
		out.Count = &total
	}
	if end < total {
		next := end
		if c.page == "page-loop" {
			next = skip
		}
		out.Next = nextLink(c.s.cfg.GraphURL, c.r.URL, c.q, page{next, c.s.cfg.Now().Unix()})
	}
	return c.ok(out)
}

type page200 struct {
	Context string `json:"@odata.context"`
	Count   *int   `json:"@odata.count,omitempty"`
	Next    string `json:"@odata.nextLink,omitempty"`
	Value   []any  `json:"value"`
}

func window(c *call, top, maxTop int, capMessage string) (n, skip int, err error) {
	n = top
	if t := c.q.Get("$top"); t != "" {
		if n, err = strconv.Atoi(t); err != nil || n < 1 {
			return 0, 0, refuse("Invalid value '" + t + "' for $top query option found. The $top query option requires a non-negative integer value.")
		}
		if n > maxTop {
			return 0, 0, refuse(fmt.Sprintf(capMessage, maxTop))
		}
	}
	if t := c.q.Get("$skip"); t != "" {
		if skip, err = strconv.Atoi(t); err != nil || skip < 0 {
			return 0, 0, refuse("Invalid value '" + t + "' for $skip query option found.")
		}
	}
	if t := c.q.Get("$skiptoken"); t != "" {
		p, err := parsePage(t)
		if err != nil {
			return 0, 0, err
		}
		if life := c.s.cfg.Modes().LinkLife; c.expired || life > 0 && c.s.cfg.Now().Unix()-p.Made > int64(life/time.Second) {
			return 0, 0, refuse("The page token (skiptoken) has expired. Start again from the first page.")
		}
		skip = p.Skip
	}
	return n, skip, nil
}

func rank(a, b any) int {
	switch x := a.(type) {
	case time.Time:
		if y, ok := b.(time.Time); ok {
			return x.Compare(y)
		}
	case string:
		if y, ok := b.(string); ok {
			switch {
			case x < y:
				return -1
			case x > y:
				return 1
			}
		}
	}
	return 0
}
