import { python } from '../python/bridge.mjs'

export default python('hello.handler', { timeoutSeconds: 10 })

export const config = { path: '/api/hello' }
