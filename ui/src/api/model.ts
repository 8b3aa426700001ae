// The desk's vocabulary, as both hosts' OpenAPI documents name it.
import type { components as Bridge } from "./bridge.schema";
import type { components as Server } from "./server.schema";

type B = Bridge["schemas"];
type S = Server["schemas"];

export type Id = string;
export interface Page<T> {
  items: T[];
  next_cursor?: string | null;
}

// The desk
export type Agent = B["Agent"];
export type Role = B["Role"];
export type Channel = B["Channel"];
export type Contact = B["Contact"];
export type ContactPatch = B["ContactPatch"];
export type Conversation = B["Conversation"];
export type ConversationItem = B["ConversationItem"];
type ConversationCounts = B["ConversationCounts"];
export type ConversationView = Exclude<keyof ConversationCounts, "unread">;
export type Message = B["Message"];
export type MessageDetails = B["MessageDetails"];
export type Content = B["Content"];
export type ContentOf<T extends Content["type"]> = Extract<Content, { type: T }>;
export type Attachment = B["Attachment"];
export type FileState = B["FileState"];
export type Quote = B["Quote"];
export type Reaction = B["Reaction"];
export type Hold = B["Hold"];
export type Group = B["Group"];
export type GroupMember = B["GroupMember"];
export type GroupSender = B["GroupSender"];
export type ContactCard = B["ContactCard"];
export type Place = B["Place"];
export type NewMessage = B["NewMessage"];
export type Merge = S["Merge"];
export type MessageKind = B["MessageKind"];
export type MessageStatus = B["MessageStatus"];
export type Ticket = B["Ticket"];
export type TicketState = B["TicketState"];
export type Priority = B["Priority"];
export type Scope = B["Scope"];
export type Problem = B["Problem"];
export type ProblemCode = B["ProblemCode"];

// Realtime
export type DeskEvent = B["Event"];
export type ClientFrame = B["ClientFrame"];
export type ServerFrame = B["ServerFrame"];

// The bridge
export type BridgeStatus = B["BridgeStatus"];
export type SessionState = B["SessionState"];
export type SessionStateName = B["SessionStateName"];
export type ServerLink = B["ServerLink"];
export type HistoryProgress = B["HistoryProgress"];
export type LineSettings = B["LineSettings"];
export type ReadReceipts = B["ReadReceipts"];
export type SafetyReport = B["SafetyReport"];
export type SendingMode = B["SendingMode"];
export type Meter = B["Meter"];
export type HeldMessage = B["HeldMessage"];
export type OptOut = B["OptOut"];
export type UploadedMedia = B["UploadedMedia"];

// Accounts
export type Tokens = S["Tokens"];
export type Enrolment = S["Enrolment"];
