import { python } from '../python/bridge.mjs'

export default python('videogen.functions.start_video.handler', { timeoutSeconds: 10 })

// Literals only: the packager reads this without running it, and drops what it cannot read. aggregateBy is a
// list: the packager takes a plain 'ip' for 'domain', and one visitor would use up everybody's requests.
export const config = {
  path: '/api/start-video',
  rateLimit: { windowLimit: 20, windowSize: 60, aggregateBy: ['ip', 'domain'] },
}
