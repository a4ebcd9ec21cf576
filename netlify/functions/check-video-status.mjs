import { python } from '../python/bridge.mjs'

export default python('videogen.functions.check_video_status.handler', { timeoutSeconds: 8 })

// A page polls about 25 times a minute; twelve of them may share an address. The list: see start-video.mjs.
export const config = {
  path: '/api/check-video-status',
  rateLimit: { windowLimit: 300, windowSize: 60, aggregateBy: ['ip', 'domain'] },
}
