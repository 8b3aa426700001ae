import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { host } from "../../../api/access";
import { fetchAgain } from "../../../api/media";
import type { Attachment, FileState, Message } from "../../../api/model";
import { ProblemError } from "../../../api/problem";
import { fileQuery } from "../../../api/queries";
import { saveFile, useObjectUrl } from "../../../components/object-url";
import { problemText } from "../../../components/problem-text";
import { toast } from "../../../components/toast";
import { nameToSave } from "../../../text/file-name";
import { nameless, plainType } from "./file-kinds";

export type Where = FileState["at"];

/** Where a message's file is, seen from here, and the ways to get it. */
export function useFile(message: Message, file: Attachment, { eager = false, as = null as "wav" | null } = {}) {
  const client = useQueryClient();
  const [asked, setAsked] = useState(false);
  const told = file.state.at;
  const away = told === "gone" || told === "withheld";
  const query = useQuery({ ...fileQuery(message.id, as), enabled: !away && (asked || (eager && told !== "failed")) });
  const shown = useMemo(
    () => query.data?.slice(0, query.data.size, as === "wav" ? "audio/wav" : plainType(file.mime)),
    [query.data, file.mime, as],
  );
  const url = useObjectUrl(shown);
  const where: Where = query.data ? "here" : query.isFetching ? "fetching" : query.error ? missing(query.error) : told;

  // Only the machine that holds the number can ask WhatsApp and the phone for it.
  const asksPhone = host() === "bridge";
  const fetch = useCallback(async (): Promise<Blob> => {
    setAsked(true);
    if (asksPhone && (told === "failed" || query.error)) await fetchAgain(message.id);
    return client.fetchQuery(fileQuery(message.id, as));
  }, [client, message.id, told, query.error, as, asksPhone]);
  const look = useCallback(() => {
    fetch().catch(() => undefined);
  }, [fetch]);
  // What its owner's machine could not fetch is nowhere that a server could look.
  const want = asksPhone || told !== "failed" ? look : null;
  const save = useCallback(() => {
    fetch().then(
      (blob) => saveFile(blob, nameToSave(file.file_name, nameless(message, file))),
      (error: unknown) => toast.bad(problemText(ProblemError.from(error))),
    );
  }, [fetch, file, message]);
  return { where, url, want, save };
}

function missing(error: Error): Where {
  const { code } = ProblemError.from(error);
  return code === "media_gone" ? "gone" : code === "not_found" || code === "forbidden" ? "withheld" : "failed";
}
