const PAIR = /(-?\d{1,2}(?:\.\d+)?)\s*[,;/\s]\s*(-?\d{1,3}(?:\.\d+)?)/;
const SHAPES = [
  /[?&#]mlat=(-?\d+(?:\.\d+)?)&mlon=(-?\d+(?:\.\d+)?)/,
  /#map=\d+\/(-?\d+(?:\.\d+)?)\/(-?\d+(?:\.\d+)?)/,
  /!3d(-?\d+(?:\.\d+)?)!4d(-?\d+(?:\.\d+)?)/,
  /@(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)/,
  /[?&](?:q|ll|query|center|daddr|destination)=(?:loc:)?(-?\d+(?:\.\d+)?)(?:,|%2C)\s*(-?\d+(?:\.\d+)?)/i,
  /^geo:(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)/,
];

/** Degrees out of what people paste: two numbers, or the address of a map page. */
export function readPlace(text: string): { latitude: number; longitude: number } | null {
  const typed = text.trim();
  const shapes = /^(https?|geo):/i.test(typed) ? SHAPES : [PAIR];
  for (const shape of shapes) {
    const match = shape.exec(typed);
    const latitude = Number(match?.[1] ?? Number.NaN);
    const longitude = Number(match?.[2] ?? Number.NaN);
    if (Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180) return { latitude, longitude };
  }
  return null;
}
