/** Whether a file with an ending that no format claims is a text that somebody wrote to be read. */
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { basename, extname } from 'node:path'

/**
 * Texts that programs write for programs, keys and certificates; formats that are text but cannot be read as such; pictures,
 * sound, archives, programs and models, in whose place a repository may have a pointer.
 */
const NOT_READ = new Set(
  'png jpg jpeg gif webp bmp tif tiff ico heic avif psd mp3 mp4 m4a wav flac ogg mov avi mkv webm zip gz tgz bz2 xz zst 7z rar tar jar war class o a so dll dylib exe bin iso dmg onnx safetensors gguf pt pth h5 parquet woff woff2 ttf otf eot sqlite db wasm pyc svg lock map sum snap pem key crt cer csr der pub asc sig gpg rtf ps eps dxf obj stl ply gcode step stp pdb fasta fastq hex pbxproj sln iml'
    .split(' ')
    .map((ending) => `.${ending}`),
)
/** Keys, certificates and signatures; formats whose source nobody reads; pointers to files that are kept elsewhere. */
const SIGNATURES = /^(?:-----BEGIN |\{\\rtf|%!PS|%PDF|<svg[\s>]|PuTTY-User-Key|version https:\/\/git-lfs)/u
const SAMPLE_BYTES = 4096

/** Reads the file's beginning. False if it cannot be read, and for an empty file. */
export function looksLikeText(path: string): boolean {
  if (NOT_READ.has(extname(path).toLowerCase())) return false
  const sample = beginningOf(path)
  if (sample === undefined || sample.length === 0) return false
  const [first, second] = sample
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true
  return (
    !sample.some(isControl) &&
    !SIGNATURES.test(sample.toString('latin1', 0, 64).replace('\u00ef\u00bb\u00bf', ''))
  )
}

/** Written by editors beside the file that is being edited, or by a download that is not finished. */
export const isTemporary = (path: string): boolean =>
  /~$|^#.*#$|^\d+$|\.(?:bak|tmp|temp|swp|swo|orig|rej|part|crdownload)$/iu.test(basename(path))

/** Escape begins terminal colours in logs. */
const isControl = (byte: number): boolean => byte < 0x09 || (byte > 0x0d && byte < 0x20 && byte !== 0x1b)

function beginningOf(path: string): Buffer | undefined {
  let file: number | undefined
  try {
    // A pipe that a link leads to would be waited for.
    if (!statSync(path).isFile()) return undefined
    file = openSync(path, 'r')
    const sample = Buffer.alloc(SAMPLE_BYTES)
    return sample.subarray(0, readSync(file, sample, 0, SAMPLE_BYTES, 0))
  } catch {
    return undefined
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
