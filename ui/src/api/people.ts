import { useQuery } from "@tanstack/react-query";
import type { Agent, Channel, Id } from "./model";
import { agentsQuery, channelsQuery, profileQuery } from "./queries";

export function useMe(): Agent | undefined {
  return useQuery(profileQuery).data;
}

export function useAgent(id: Id | null | undefined): Agent | undefined {
  const { data } = useQuery(agentsQuery);
  return id ? data?.find((agent) => agent.id === id) : undefined;
}

export function useChannel(id: Id): Channel | undefined {
  return useQuery(channelsQuery).data?.find((channel) => channel.id === id);
}
