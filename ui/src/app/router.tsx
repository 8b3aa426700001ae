import { createRootRoute, createRoute, createRouter, Navigate, Outlet, redirect } from "@tanstack/react-router";
import { z } from "zod";
import { Agents } from "../features/agents/agents";
import { Contacts } from "../features/contacts/contacts";
import { Inbox } from "../features/inbox/inbox";
import { Safety } from "../features/safety/safety";
import { Settings } from "../features/settings/settings";
import { Tickets } from "../features/tickets/tickets";
import { Crashed } from "./crashed";
import { Gate } from "./gate";
import { Shell } from "./shell";

// Every page of the screen.

const VIEW = z.enum(["mine", "unassigned", "all", "waiting", "closed", "archived"]);
const inboxSearch = z.object({ view: VIEW.catch("mine").default("mine"), q: z.string().optional().catch(undefined) });
const searchOnly = z.object({ q: z.string().optional().catch(undefined) });
const ticketSearch = z.object({
  whose: z.enum(["mine", "everyone"]).catch("everyone").default("everyone"),
  state: z.enum(["open", "assigned", "in_progress", "resolved", "closed", ""]).catch("").default(""),
});

const root = createRootRoute({
  component: () => (
    <Gate>
      <Shell>
        <Outlet />
      </Shell>
    </Gate>
  ),
  errorComponent: Crashed,
  // An address that means nothing leads home, say after the first set-up at /setup.
  notFoundComponent: () => <Navigate to="/inbox" search={{ view: "mine" }} replace />,
});

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/inbox", search: { view: "mine" }, replace: true });
  },
});

const inbox = createRoute({
  getParentRoute: () => root,
  path: "/inbox",
  validateSearch: inboxSearch,
  component: function InboxPage() {
    const { view, q } = inbox.useSearch();
    return <Inbox view={view} q={q ?? ""} conversation={null} />;
  },
});

const conversation = createRoute({
  getParentRoute: () => root,
  path: "/inbox/$conversationId",
  validateSearch: inboxSearch,
  component: function ConversationPage() {
    const { view, q } = conversation.useSearch();
    const { conversationId } = conversation.useParams();
    return <Inbox view={view} q={q ?? ""} conversation={conversationId} />;
  },
});

const tickets = createRoute({
  getParentRoute: () => root,
  path: "/tickets",
  validateSearch: ticketSearch,
  component: function TicketsPage() {
    const { whose, state } = tickets.useSearch();
    return <Tickets whose={whose} state={state} />;
  },
});

const contacts = createRoute({
  getParentRoute: () => root,
  path: "/contacts",
  validateSearch: searchOnly,
  component: function ContactsPage() {
    return <Contacts q={contacts.useSearch().q ?? ""} contact={null} />;
  },
});

const contact = createRoute({
  getParentRoute: () => root,
  path: "/contacts/$contactId",
  validateSearch: searchOnly,
  component: function ContactPage() {
    return <Contacts q={contact.useSearch().q ?? ""} contact={contact.useParams().contactId} />;
  },
});

// Not at /safety and /settings: there the bridge itself answers.
const safety = createRoute({ getParentRoute: () => root, path: "/desk/safety", component: Safety });
const settings = createRoute({ getParentRoute: () => root, path: "/desk/settings", component: Settings });
const agents = createRoute({ getParentRoute: () => root, path: "/admin/agents", component: Agents });

export const router = createRouter({
  routeTree: root.addChildren([home, inbox, conversation, tickets, contacts, contact, safety, settings, agents]),
  defaultPreload: false,
  defaultErrorComponent: Crashed,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
