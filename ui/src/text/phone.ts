/** Groups a number in international form for reading. Digits stay in order whatever the direction of the page. */
export function prettyPhone(number: string): string {
  const digits = number.replace(/\D/g, "");
  const rules: [RegExp, string][] = [
    [/^(55)(\d{2})(\d{4,5})(\d{4})$/, "+$1 $2 $3-$4"],
    [/^(1)(\d{3})(\d{3})(\d{4})$/, "+$1 $2-$3-$4"],
    [/^(34)(\d{3})(\d{2})(\d{2})(\d{2})$/, "+$1 $2 $3 $4 $5"],
    [/^(91)(\d{5})(\d{5})$/, "+$1 $2 $3"],
    [/^(44)(\d{4})(\d{6})$/, "+$1 $2 $3"],
    [/^(52)(1?\d{2})(\d{4})(\d{4})$/, "+$1 $2 $3 $4"],
  ];
  for (const [shape, form] of rules) if (shape.test(digits)) return digits.replace(shape, form);
  return number;
}

/** A contact's number; who goes by it alone has it from the backend, and it is shown in that form here too. */
export function contactPhone({ name, phone }: { name: string; phone?: string | null }): string {
  if (!phone) return "";
  const isName = /^\+[\d\s()./-]+$/.test(name) && name.replace(/\D/g, "") === phone.replace(/\D/g, "");
  return isName ? name : prettyPhone(phone);
}
