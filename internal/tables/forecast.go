package tables

import (
	"time"

	"github.com/vedette-siem/vedette/internal/store"
)

// Forecast is what a table grows by and to.
type Forecast struct {
	RowsPerDay, BytesPerDay float64
	BytesFull               float64 // once the total retention is full at this pace
}

// forecastDays is how many whole days a forecast looks back at.
const forecastDays = 7

// forecast tells how a table grows, by its last seven whole days, or by those since its first row if they are fewer.
func (s *Service) forecast(days []store.DayRows, total int) Forecast {
	today := s.now().UTC().Truncate(24 * time.Hour)
	from := today.AddDate(0, 0, -forecastDays)
	var f Forecast
	if len(days) == 0 || !days[0].Day.Before(today) {
		return f
	}
	if days[0].Day.After(from) {
		from = days[0].Day
	}
	for _, x := range days {
		if !x.Day.Before(from) && x.Day.Before(today) {
			f.RowsPerDay += float64(x.Rows)
			f.BytesPerDay += float64(x.Bytes)
		}
	}
	n := today.Sub(from).Hours() / 24
	f.RowsPerDay, f.BytesPerDay = f.RowsPerDay/n, f.BytesPerDay/n
	f.BytesFull = f.BytesPerDay * float64(total)
	return f
}
