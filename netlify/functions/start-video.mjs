import { python } from '../python/bridge.mjs'

export default python('videogen.functions.start_video.handler', { timeoutSeconds: 10 })

export const config = { path: '/api/start-video' }
