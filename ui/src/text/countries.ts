const CODES =
  "AD AE AF AG AI AL AM AO AR AS AT AU AW AZ BA BB BD BE BF BG BH BI BJ BM BN BO BR BS BT BW BY BZ CA CD CF CG CH CI CK CL CM CN CO CR CU CV CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FM FR GA GB GD GE GH GI GL GM GN GP GQ GR GT GU GW GY HK HN HR HT HU ID IE IL IN IQ IR IS IT JM JO JP KE KG KH KI KM KN KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MG MH MK ML MM MN MO MQ MR MT MU MV MW MX MY MZ NA NC NE NG NI NL NO NP NR NZ OM PA PE PF PG PH PK PL PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SI SK SL SM SN SO SR SS ST SV SY SZ TD TG TH TJ TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VC VE VN VU WS YE ZA ZM ZW".split(
    " ",
  );

export interface Country {
  code: string;
  name: string;
}

/** All countries by their name in the reader's language. */
export function countries(locale?: string): Country[] {
  const names = new Intl.DisplayNames(locale ? [locale] : undefined, { type: "region" });
  const all = CODES.map((code) => ({ code, name: names.of(code) ?? code }));
  return all.sort((a, b) => a.name.localeCompare(b.name, locale));
}

/** Where the reader most likely is, by the language of the system. */
export function likelyCountry(languages: readonly string[] = navigator.languages): string | null {
  for (const language of languages) {
    const region = regionOf(language);
    if (region && CODES.includes(region)) return region;
  }
  return null;
}

/** Systems without a language call it "C", which is no locale and would throw. */
function regionOf(language: string): string | undefined {
  try {
    return new Intl.Locale(language).region;
  } catch {
    return undefined;
  }
}
