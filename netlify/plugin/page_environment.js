import { childEnvironment } from '../python/environment.mjs'

/**
 * What Netlify says about the site that its own machine builds.
 * https://docs.netlify.com/build/configure-builds/environment-variables/
 */
const HOSTED = ['CONTEXT', 'DEPLOY_PRIME_URL', 'URL']

/** Names whose values are no secrets. */
export const KNOWN = [...HOSTED, 'PUBLISH_DIR']

/**
 * The variables of the page_config module in a build. A build by hand happens in somebody's checkout, whose files
 * stay as they are: there the module learns neither the site's address nor the publish folder.
 *
 * @param {{ IS_LOCAL: boolean }} constants
 * @param {{ build: { publish: string } }} netlifyConfig
 * @param {string[]} allowed
 */
export function pageEnvironment({ IS_LOCAL }, { build: { publish } }, allowed) {
  if (IS_LOCAL) return childEnvironment(process.env, allowed)
  return { ...childEnvironment(process.env, [...allowed, ...HOSTED]), PUBLISH_DIR: publish }
}
