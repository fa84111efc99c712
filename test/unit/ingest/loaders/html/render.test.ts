import { describe, expect, it } from 'vitest'
import { loadDocument } from '../../../../../src/ingest/loaders/load.ts'

const blocks = async (body: string): Promise<string[][]> => {
  const source = `<!doctype html><title>T</title><main>${body}</main>`
  const document = await loadDocument(Buffer.from(source), 'a.html', { maxTextLength: 1_000_000 })
  return document.blocks.map(({ kind, start, end }) => [kind, document.text.slice(start, end)])
}

describe('the texts of pictures', () => {
  it.each([
    [
      'alone',
      '<p>Hire.</p><img src="a.png" alt="The oars hang on the left wall">',
      'The oars hang on the left wall',
    ],
    [
      'in a paragraph',
      '<p>Hire.<img alt="The oars hang on the left wall"></p>',
      'The oars hang on the left wall',
    ],
    ['of a map', '<p>Hire.</p><map><area alt="Shed 4, by the crane"></map>', 'Shed 4, by the crane'],
    ['as a label', '<p>Hire.</p><div role="img" aria-label="A red buoy">x</div>', 'A red buoy'],
    ['of a drawing', '<p>Hire.</p><svg role="img" aria-label="A red buoy"><path d=""/></svg>', 'A red buoy'],
    ['as a title', '<p>Hire.</p><img title="A red buoy">', 'A red buoy'],
  ])('%s are paragraphs', async (_where, body, text) => {
    expect(await blocks(body)).toEqual([
      ['paragraph', 'Hire.'],
      ['paragraph', text],
    ])
  })

  it('do not tear the sentence that they stand in', async () => {
    expect(await blocks('<p>Press <img alt="Save"> to keep it.</p>')).toEqual([
      ['paragraph', 'Press Save to keep it.'],
    ])
    expect(await blocks('<p>Turn <img alt="The valve has a red handle"> left.</p>')).toEqual([
      ['paragraph', 'Turn left.'],
      ['paragraph', 'The valve has a red handle'],
    ])
    expect(await blocks('<h1><img alt="The club’s flag at the pier"> Minna</h1><p>A boat.</p>')).toEqual([
      ['heading', 'Minna'],
      ['paragraph', 'The club’s flag at the pier'],
      ['paragraph', 'A boat.'],
    ])
  })

  it('stay in their cells and items', async () => {
    expect(
      await blocks(
        '<table><tr><th>Boat<th>Sail<tr><td>Minna<td><img alt="yes"></table><ul><li><img alt="Left wall"><li>b</ul>',
      ),
    ).toEqual([
      ['table', 'Boat | Sail\nMinna | yes'],
      ['list', '- Left wall\n- b'],
    ])
  })

  it('are left out where they say nothing: names of files, captions again, hidden pictures', async () => {
    expect(
      await blocks(
        '<p>Hire.</p><img alt="IMG_2041.JPG"><img alt=""><img alt="Secret" style="display:none"><svg><title>x</title></svg>' +
          '<figure><img alt="The old pier in 1920"><figcaption>The old pier in 1920</figcaption></figure>',
      ),
    ).toEqual([
      ['paragraph', 'Hire.'],
      ['paragraph', 'The old pier in 1920'],
    ])
  })
})

it.each([
  ['<pre><b>length</b> = 4 m<br><b>seats</b> = 3</pre>', 'length = 4 m\nseats = 3'],
  ['<pre>length = 4 m<br/>\nseats = 3</pre>', 'length = 4 m\n\nseats = 3'],
  ['<pre><div>length = 4 m</div><div>seats = 3</div></pre>', 'length = 4 m\nseats = 3'],
  ['<pre><code><p>a</p>b<p>c</p></code></pre>', 'a\nb\nc'],
  ['<pre><span>a</span><span> b</span>\nc</pre>', 'a b\nc'],
  ['<pre>a<br><img alt="key">b</pre>', 'a\nkeyb'],
])('%s keeps its lines', async (body, code) => expect(await blocks(body)).toEqual([['code', code]]))
