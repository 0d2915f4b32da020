/** What the study needs to know of a browser, in short texts; nothing that would tell who it is. */

const CLIP = 'video/mp4; codecs="avc1.42E01E, mp4a.40.2"'; // what stimulus sets are made of
const FAMILIES = /(Edg|OPR|Firefox|Chrome|Version)\/(\d+)/; // Safari says its number as Version/

/**
 * @param {Window} window
 * @returns {{[name: string]: string}}
 */
export function capabilities({ document, innerHeight, innerWidth, navigator, parent, screen, self }) {
  const family = FAMILIES.exec(navigator.userAgent);
  return {
    family: family ? `${family[1]} ${family[2]}` : "other",
    clips: document.createElement("video").canPlayType(CLIP) || "no",
    screen: `${screen.width}x${screen.height}`,
    window: `${innerWidth}x${innerHeight}`,
    framed: String(parent !== self),
    touch: String(navigator.maxTouchPoints ?? 0),
    mobile: String(isTablet(navigator)),
  };
}

/** iPads call themselves Macs, and no Mac has a touch screen; the others the server knows by name. */
function isTablet({ maxTouchPoints, platform }) {
  return platform === "MacIntel" && maxTouchPoints > 1;
}
