// Who a contact is with, in one line, as every page names it.

import { t } from "../base/i18n.js";

/** The one customer the contact is with, when that is clear (recognised, or an agent said so). */
export const customerOf = (contact) => (contact.customers.length === 1 ? contact.customers[0] : undefined);

/** The customer's name, else the number of the far end. */
export function whoIs(contact) {
  const customer = customerOf(contact);
  if (customer) return customer.name;
  if (contact.direction === "outbound") return contact.to_shown;
  return contact.from_shown || contact.from_number || t("common.no_number");
}
