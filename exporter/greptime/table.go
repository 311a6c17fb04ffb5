package greptime

import (
	"strings"

	"github.com/tracehook/tracehook/exporter/greptime/internal/wire"
)

// createTable returns the statement that makes the table. GreptimeDB would make one by itself
// when the first rows arrive, but without indexes.
func (o *Options) createTable() string {
	var b strings.Builder
	b.WriteString("CREATE TABLE IF NOT EXISTS " + quote(o.Table) + " (")
	var index, tags string
	for i := range o.Columns.list {
		c := &o.Columns.list[i]
		b.WriteString(quote(c.name) + " " + sqlType(c.datatype))
		switch c.semantic {
		case wire.SemanticType_TIMESTAMP:
			b.WriteString(" NOT NULL")
			index = quote(c.name)
		case wire.SemanticType_TAG:
			tags = quote(c.name)
		default:
		}
		if c.semantic != wire.SemanticType_TIMESTAMP {
			b.WriteString(" NULL")
		}
		if c.indexed {
			b.WriteString(" SKIPPING INDEX")
		}
		b.WriteString(", ")
	}
	b.WriteString("TIME INDEX (" + index + ")")
	if tags != "" {
		b.WriteString(", PRIMARY KEY (" + tags + ")")
	}
	// Rows of one service that start in the same nanosecond would replace each other otherwise.
	b.WriteString(") ENGINE = mito WITH ('append_mode' = 'true'")
	if o.TTL != "" {
		b.WriteString(", 'ttl' = '" + o.TTL + "'")
	}
	b.WriteString(")")
	return b.String()
}

// quote makes an identifier of a name.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func sqlType(t wire.ColumnDataType) string {
	switch t {
	case timestamp:
		return "TIMESTAMP(9)"
	case integer:
		return "BIGINT"
	case unsigned:
		return "BIGINT UNSIGNED"
	case float:
		return "DOUBLE"
	case jsonText:
		return "JSON"
	default:
		return "STRING"
	}
}
