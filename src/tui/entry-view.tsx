/** Renders each kind of entry in the scrollback. */
import { Box, Text } from 'ink'
import type { Answer, Citation } from '../domain/answer.ts'
import { printable, printableLine } from '../domain/printable.ts'
import { placeOf } from '../terminal/place.ts'
import { count } from '../text/amounts.ts'
import type { Holding, ScreenEntry, Tone } from './entries.ts'
import { Markdown } from './markdown.tsx'
import { provenance } from './provenance.ts'
import { QuoteBox } from './quote-box.tsx'
import { useTheme } from './theme.ts'

interface EntryViewProps {
  readonly entry: ScreenEntry
  readonly width: number
}

export function EntryView({ entry, width }: EntryViewProps) {
  switch (entry.type) {
    case 'welcome':
      return <Welcome version={entry.version} holdings={entry.holdings} />
    case 'question':
      return <Question text={entry.text} />
    case 'block':
      return (
        <Box marginTop={entry.gap ? 1 : 0} flexDirection="column">
          <Markdown text={entry.text} width={width} />
        </Box>
      )
    case 'outcome':
      return <Outcome answer={entry.answer} />
    case 'cited':
      return (
        <Box flexDirection="column" marginTop={1}>
          <Cited citations={entry.citations} />
        </Box>
      )
    case 'quoted':
      return <Quoted citations={entry.citations} />
    case 'notice':
      return <Notice tone={entry.tone} text={entry.text} />
    case 'list':
      return <List title={entry.title} rows={entry.rows} width={width} />
  }
}

function Welcome({ version, holdings }: { version: string; holdings: readonly Holding[] | undefined }) {
  const documents = holdings?.reduce((total, each) => total + each.documents, 0)
  const known =
    holdings === undefined || documents === undefined
      ? ''
      : ` · ${count(documents, 'document')} in ${count(holdings.length, 'collection')}`
  return (
    <Box flexDirection="column">
      <Text>
        <Text bold>chatbot</Text> {version}
        {known}
        <Text dimColor> · /help</Text>
      </Text>
      {documents === 0 && (
        <Text>Nothing is indexed yet. In another terminal: chatbot ingest PATH, then ask here.</Text>
      )}
    </Box>
  )
}

function Question({ text }: { text: string }) {
  const { accent } = useTheme()
  return (
    <Box marginTop={1}>
      <Box flexShrink={0}>
        <Text bold color={accent}>
          {'› '}
        </Text>
      </Box>
      <Text bold>{printable(text)}</Text>
    </Box>
  )
}

function Outcome({ answer }: { answer: Answer }) {
  return (
    <Box flexDirection="column" marginTop={1}>
      {answer.warnings.map((warning) => (
        <Warning key={warning} text={warning} />
      ))}
      <Cited citations={answer.citations} />
      {answer.searched !== undefined && <Text dimColor>searched: “{printableLine(answer.searched)}”</Text>}
      <Text dimColor>{provenance(answer)}</Text>
    </Box>
  )
}

const Cited = ({ citations }: { citations: readonly Citation[] }) =>
  citations.map((citation) => <SourceLine key={keyOf(citation)} citation={citation} />)

const keyOf = ({ number, document, start }: Citation): string => `${number} ${document} ${start}`

function SourceLine({ citation }: { citation: Citation }) {
  const { accent } = useTheme()
  const title = printableLine(citation.heading ?? citation.title)
  return (
    <Text>
      <Text bold color={accent}>
        [{citation.number}]
      </Text>{' '}
      {placeOf(citation)}
      {title !== '' && <Text dimColor> {title}</Text>}
    </Text>
  )
}

function Quoted({ citations }: { citations: readonly Citation[] }) {
  return (
    <Box flexDirection="column">
      {citations.map((citation) => (
        <Box key={keyOf(citation)} flexDirection="column" marginTop={1}>
          <SourceLine citation={citation} />
          {(citation.spans ?? [citation]).map(({ start, text }) => (
            <QuoteBox key={start}>
              <Text>{printable(text)}</Text>
            </QuoteBox>
          ))}
        </Box>
      ))}
    </Box>
  )
}

const Warning = ({ text }: { text: string }) => <Message tone="warning" text={text} />

const Notice = ({ tone, text }: { tone: Tone; text: string }) => (
  <Box marginTop={1}>
    <Message tone={tone} text={text} />
  </Box>
)

const SIGNS: Readonly<Record<Tone, string>> = { info: '', warning: '! ', error: '✗ ' }

function Message({ tone, text }: { tone: Tone; text: string }) {
  const theme = useTheme()
  const color = tone === 'info' ? undefined : theme[tone]
  return (
    <Text dimColor={tone === 'info'} color={color}>
      {SIGNS[tone]}
      {printable(text)}
    </Text>
  )
}

interface ListProps {
  readonly title: string
  readonly rows: readonly (readonly [string, string])[]
  readonly width: number
}

function List({ title, rows, width }: ListProps) {
  const widest = Math.max(0, ...rows.map(([label]) => label.length)) + 2
  const column = Math.min(widest, Math.max(8, Math.floor(width / 2)))
  return (
    <Box flexDirection="column" marginTop={1}>
      <Text bold>{printableLine(title)}</Text>
      {rows.map(([label, text]) => (
        <Box key={label + text}>
          <Box width={column} flexShrink={0} paddingRight={1}>
            <Text>{printableLine(label)}</Text>
          </Box>
          <Text dimColor>{printable(text)}</Text>
        </Box>
      ))}
    </Box>
  )
}
