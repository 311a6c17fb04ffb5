package delivery

import (
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// MakeValid replaces wrong bytes in the texts of m, and of all messages in it, by U+FFFD.
// Protobuf refuses a whole batch because of one such text. It uses reflection: call it only
// where encoding has failed.
func MakeValid(m protoreflect.Message) {
	m.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		text := field.Kind() == protoreflect.StringKind
		switch {
		case field.IsMap(): // OTLP has none
		case field.IsList() && field.Message() != nil:
			for i := range value.List().Len() {
				MakeValid(value.List().Get(i).Message())
			}
		case field.IsList() && text:
			for i := range value.List().Len() {
				value.List().Set(i, valid(value.List().Get(i)))
			}
		case field.IsList():
		case field.Message() != nil:
			MakeValid(value.Message())
		case text:
			m.Set(field, valid(value))
		}
		return true
	})
}

func valid(text protoreflect.Value) protoreflect.Value {
	return protoreflect.ValueOfString(strings.ToValidUTF8(text.String(), "\uFFFD"))
}
