package query

import "bytes"

// pattern is a text that may have stars, folded.
type pattern struct {
	parts [][]byte // what stands between the stars; one part: no star
}

// match says whether all of s, which is folded, matches. It looks at each byte of s a bounded
// number of times: each part is taken where it is first found.
func (p *pattern) match(s []byte) bool {
	if len(p.parts) == 1 {
		return bytes.Equal(s, p.parts[0])
	}
	s, ok := bytes.CutPrefix(s, p.parts[0])
	if !ok {
		return false
	}
	last := p.parts[len(p.parts)-1]
	for _, part := range p.parts[1 : len(p.parts)-1] {
		at := bytes.Index(s, part)
		if at < 0 {
			return false
		}
		s = s[at+len(part):]
	}
	return bytes.HasSuffix(s, last)
}

// star says that it has a star.
func (p *pattern) star() bool { return len(p.parts) > 1 }

// any says that everything matches.
func (p *pattern) any() bool {
	for _, part := range p.parts {
		if len(part) > 0 {
			return false
		}
	}
	return p.star()
}
