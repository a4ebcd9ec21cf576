import { python } from '../python/bridge.mjs'

export default python('videogen.functions.generate_video_background.handler', {
  timeoutSeconds: 840,
  background: true,
})

// Both the file's suffix and this make it a background function: with one alone, its 15 minutes have been
// seen cut to 60 s (https://github.com/netlify/cli/issues/8354). No path: it is called at its default URL.
export const config = { background: true }
