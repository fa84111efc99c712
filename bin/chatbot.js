#!/usr/bin/env node
// Old syntax and CommonJS on purpose: an old Node must get as far as saying which one is needed.
// biome-ignore-all lint/style/useNodejsImportProtocol: Node 12 does not know `node:`
'use strict'

const fs = require('fs')
const path = require('path')

const root = path.join(__dirname, '..')
const wanted = /^>=(\d+)\.(\d+)/.exec(require('../package.json').engines.node)
const running = /^v(\d+)\.(\d+)/.exec(process.version)

if (isOlder(running, wanted)) {
  const own = path.join(root, 'node_modules', '.bin', 'node')
  if (fs.existsSync(own) && !process.env.CHATBOT_OWN_NODE) runWith(own)
  else refuse()
} else if (!fs.existsSync(path.join(root, 'dist', 'commands'))) {
  process.stderr.write(
    'This checkout of chatbot is not built yet. Build it: make build\n(or: npm ci && npm run build)\n',
  )
  process.exitCode = 3
} else {
  start()
}

function isOlder(version, least) {
  const major = Number(version[1]) - Number(least[1])
  return major < 0 || (major === 0 && Number(version[2]) < Number(least[2]))
}

function refuse() {
  process.stderr.write(
    'chatbot needs Node.js ' +
      wanted[1] +
      '.' +
      wanted[2] +
      ' or newer; this is ' +
      process.version +
      ' (' +
      process.execPath +
      ').\n' +
      'Get it from https://nodejs.org, or with a version manager: nvm install 24 && nvm use 24\n' +
      'In a checkout, `npm ci` brings a Node.js of its own.\n',
  )
  process.exitCode = 3
}

// The checkout brings its own Node: the same command line goes on there, as if it were this process.
function runWith(node) {
  const env = Object.assign({}, process.env, { CHATBOT_OWN_NODE: '1' })
  const child = require('child_process').spawn(node, [__filename].concat(process.argv.slice(2)), {
    stdio: 'inherit',
    env: env,
  })
  // A terminal sends Ctrl-C to both processes; passing it on would count as a second one.
  const fromTerminal = hasTerminal()
  process.on('SIGINT', () => {
    if (!fromTerminal) child.kill('SIGINT')
  })
  ;['SIGTERM', 'SIGHUP', 'SIGQUIT'].forEach((signal) => {
    process.on(signal, () => {
      child.kill(signal)
    })
  })
  child.on('error', (error) => {
    process.stderr.write(`Cannot run ${node}: ${error.message}\n`)
    refuse()
  })
  child.on('exit', (code, signal) => {
    if (signal === null) {
      process.exitCode = code
    } else {
      process.removeAllListeners(signal)
      process.kill(process.pid, signal)
    }
  })
}

function hasTerminal() {
  try {
    fs.closeSync(fs.openSync('/dev/tty', 'r'))
    return true
  } catch (_error) {
    return false
  }
}

function start() {
  // A seventh of a command's time is compiling the same JavaScript again. The cache lies in the user's own folder,
  // because what lies in a shared temporary folder could be somebody else's code.
  const home = process.env.HOME || require('os').homedir()
  const cache = process.env.XDG_CACHE_HOME || path.join(home, '.cache')
  require('module').enableCompileCache(path.join(cache, 'chatbot', 'compile'))
  require('@oclif/core/execute').execute({ dir: root })
}
