import { python } from '../python/bridge.mjs'

export default python('videogen.functions.notify_video.handler', { timeoutSeconds: 8 })

export const config = { path: '/api/notify-video' }
