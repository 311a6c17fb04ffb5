package config

// key describes one key for the check of unknown keys and for docs/config.md, which a test
// compares with these tables.
type key struct{ name, kind, standard string }

func names(keys []key) []string {
	all := make([]string, len(keys))
	for i, k := range keys {
		all[i] = k.name
	}
	return all
}

// rootKeys are the keys at the top of a file that this package reads.
func rootKeys() []string {
	return append([]string{"trace", "otel"}, names(identityKeys())...)
}

func identityKeys() []key {
	return []key{
		{"project", "text", "none"},
		{"name", "text", "none"},
		{"profile", "text", "none"},
		{"role", "text", "none"},
		{"node", "text", "none"},
	}
}

func isIdentity(name string) bool {
	for _, k := range identityKeys() {
		if k.name == name {
			return true
		}
	}
	return false
}

// connectionKeys are the keys of [trace.NAME], and of [trace] for the connection default.
func connectionKeys() []key {
	return []key{
		{"driver", "text", `"default"`},
		{"json", "bool", "false"},
		{"flag", "text", "none"},
		{"format", "text", "the driver's"},
		{"buffer", "integer", "1024"},
		{"batch", "integer", "256, or a quarter of a smaller buffer than 1024"},
		{"timeout", "duration", `"200ms"`},
		{"export_timeout", "duration", `"30s"`},
		{"block_timeout", "duration", `"1s"`},
		{"overflow", "word", "the driver's"},
		{"fields", "list or table", "the driver's"},
		{"sample", "number or table", "1"},
		{"explain", "bool", "false"},
		{"split_services", "bool", "false"},
		{"setting", "table", "none"},
		{"spool", "table", "none"},
		{"retry", "table", "none"},
	}
}

// isReserved reports that a table of this name under [trace] belongs to the connection
// default and is no connection.
func isReserved(name string) bool {
	switch name {
	case "setting", "sample", "fields", "spool", "retry":
		return true
	}
	return false
}

// sampleKeys are the keys of [trace.NAME.sample].
func sampleKeys() []key {
	return []key{
		{"rate", "number", "1"},
		{"sample", "number", "1"},
		{"error", "bool", "true"},
		{"sample_error", "bool", "true"},
		{"slow", "duration", "off"},
		{"limit", "number", "off"},
		{"key", "word", `"trace_id"`},
		{"sample_key", "word", `"trace_id"`},
		{"parent", "word", `"respect"`},
		{"propagate", "bool", "the driver's"},
		{"dynamic", "bool", `true where overflow is "drop"`},
		{"rules", "list of tables", "none"},
		{"sample_rules", "list of tables", "none"},
	}
}

// ruleKeys are the keys of one rule.
func ruleKeys() []key {
	return []key{
		{"name", "text", "any"},
		{"kind", "text", "any"},
		{"service", "text", "any"},
		{"attrs", "table", "any"},
		{"sample", "number", "1"},
	}
}

// otelKeys are the keys of [otel].
func otelKeys() []key {
	return []key{
		{"service", "text", "OTEL_SERVICE_NAME"},
		{"resource", "table", "OTEL_RESOURCE_ATTRIBUTES"},
		{"propagators", "list of text", `OTEL_PROPAGATORS, else ["tracecontext", "baggage"]`},
		{"limits", "table", "none"},
	}
}

// limitKeys are the keys of [otel.limits], named as in OpenTelemetry's own configuration file.
func limitKeys() []key {
	return []key{
		{"attribute_count_limit", "integer", "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT, else 128"},
		{"attribute_value_length_limit", "integer", "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT, else unlimited"},
		{"event_count_limit", "integer", "OTEL_SPAN_EVENT_COUNT_LIMIT, else 128"},
		{"link_count_limit", "integer", "OTEL_SPAN_LINK_COUNT_LIMIT, else 128"},
		{"event_attribute_count_limit", "integer", "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT, else 128"},
		{"link_attribute_count_limit", "integer", "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT, else 128"},
	}
}
