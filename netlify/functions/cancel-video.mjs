import { python } from '../python/bridge.mjs'

export default python('videogen.functions.cancel_video.handler', { timeoutSeconds: 8 })

export const config = { path: '/api/cancel-video' }
