// A certified OpenID provider, unmodified, on loopback: who comes to it is signed in as the account that they name.
// Arguments: the folder of its modules, the address that browsers come back to, what time it is (ms). Prints its own address, once it listens.
import { createRequire } from 'node:module'
import { createServer } from 'node:http'
import { generateKeyPairSync } from 'node:crypto'
import { pathToFileURL } from 'node:url'
import { join } from 'node:path'

const [modules, back, at] = process.argv.slice(2)
const [real, shift] = [Date.now, Number(at) - Date.now()]
Date.now = () => real() + shift
const require = createRequire(join(modules, 'x.js'))
const { default: Provider } = await import(pathToFileURL(require.resolve('oidc-provider')).href)

const key = (type, options, alg, kid) => ({
  ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), use: 'sig', alg, kid,
})
const server = createServer()
await new Promise((done) => server.listen(0, '127.0.0.1', done))
const issuer = `http://127.0.0.1:${server.address().port}`
const client = (client_id, alg) => ({
  client_id, client_secret: 'a secret of the client', redirect_uris: [back], id_token_signed_response_alg: alg,
})
const provider = new Provider(issuer, {
  clients: [client('lockhouse', 'RS256'), client('lockhouse-es', 'ES256')],
  jwks: { keys: [key('rsa', { modulusLength: 2048 }, 'RS256', 'r'), key('ec', { namedCurve: 'P-256' }, 'ES256', 'e')] },
  cookies: { keys: ['a key of cookies'] },
  pkce: { required: () => true },
  acrValues: ['phr'],
  claims: { openid: ['sub', 'groups'], acr: null, amr: null, auth_time: null },
  conformIdTokenClaims: false,
  features: { devInteractions: { enabled: false } },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, groups: ['readers'] }) }),
  interactions: { url: (_, interaction) => `/as/${interaction.uid}` },
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId })
    grant.addOIDCScope('openid')
    await grant.save()
    return grant
  },
})
const answer = provider.callback()
server.on('request', async (request, response) => {
  if (!request.url.startsWith('/as/')) return answer(request, response)
  const login = { accountId: request.headers['x-account'], acr: request.headers['x-acr'], amr: ['pwd', 'otp'] }
  await provider.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false })
})
console.log(issuer)
