/** Where menus are put: over the page, yet inside its main part, so that assistive technology meets them there. */
export function overPage(): HTMLElement {
  return document.querySelector<HTMLElement>("main") ?? document.body;
}
