/** The daemon serves the package's own file under this name. */
export { Lexer, type MarkedToken, type Token, type Tokens } from 'marked'
