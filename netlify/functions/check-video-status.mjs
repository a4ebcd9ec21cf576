import { python } from '../python/bridge.mjs'

export default python('videogen.functions.check_video_status.handler', { timeoutSeconds: 8 })

export const config = { path: '/api/check-video-status' }
