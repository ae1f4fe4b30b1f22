package syntax

import "strings"

// TokenKind tells tokens apart for highlighting and layout.
type TokenKind uint8

// The kinds of tokens.
const (
	WordToken TokenKind = iota
	LiteralToken
	StringToken
	PunctToken
	CommentToken
	DirectiveToken
)

// Token is a piece of the text, comments included.
type Token struct {
	Kind TokenKind
	Text string
	Span
	// Newline: a line break stands before it, Blank: an empty line; Space: any white space.
	Newline, Blank, Space bool
}

// Tokens splits a text for highlighting and layout. All that is left out is white space.
func Tokens(text string) []Token {
	toks, _ := lex(text)
	var out []Token
	end := 0
	for _, t := range toks {
		out = comments(out, text, end, t.Start)
		if t.Kind == tokEOF {
			break
		}
		tok := Token{Text: t.Text, Span: t.Span}
		tok.gap(text, lastEnd(out, end))
		switch t.Kind {
		case tokWord:
			tok.Kind = WordToken
		case tokNumber, tokReal, tokSpan, tokTyped:
			tok.Kind = LiteralToken
		case tokString:
			tok.Kind = StringToken
		case tokDirective:
			tok.Kind = DirectiveToken
			tok.Text = strings.TrimRight(tok.Text, " \t")
		default:
			tok.Kind = PunctToken
		}
		out = append(out, tok)
		end = t.End
	}
	return out
}

func lastEnd(out []Token, end int) int {
	if n := len(out); n > 0 {
		return max(end, out[n-1].End)
	}
	return end
}

// gap notes what white space stands before a token.
func (t *Token) gap(text string, from int) {
	between := text[min(from, t.Start):t.Start]
	t.Space = between != ""
	n := strings.Count(between, "\n")
	if n == 0 {
		n = strings.Count(between, "\r")
	}
	t.Newline = n > 0
	t.Blank = n > 1
}

// comments adds the comments between two tokens.
func comments(out []Token, text string, from, to int) []Token {
	for {
		i := strings.Index(text[from:to], "//")
		if i < 0 {
			return out
		}
		start := from + i
		end := start + strings.IndexAny(text[start:to]+"\n", "\r\n")
		t := Token{Kind: CommentToken, Text: strings.TrimRight(text[start:end], " \t"), Span: Span{start, end}}
		t.gap(text, lastEnd(out, 0))
		out = append(out, t)
		from = end
	}
}
