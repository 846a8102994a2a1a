/** Sends a decision about the revision on screen; if that one is out of date, loads what is true now. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App } from "antd";
import { useState } from "react";
import { ApiError, decide as send } from "../api";
import type { AlertDetail, Decision } from "../api.types";
import { alertQuery } from "../queries";
import { useT } from "../settings";

export function useDecide(alert: AlertDetail, onClose: () => void) {
  const t = useT();
  const client = useQueryClient();
  const { message } = App.useApp();
  const [stale, setStale] = useState(false);
  const { queryKey } = alertQuery(alert.id);

  const decide = useMutation({
    mutationFn: (choice: Omit<Decision, "revision">) => send(alert.id, { ...choice, revision: alert.revision }),
    onSuccess: (decided) => {
      client.setQueryData(queryKey, decided);
      onClose();
      message.success(t(decided.review.state === "dismissed" ? "review.done_dismissed" : "review.done_confirmed"));
    },
    onError: async (error) => {
      if (!(error instanceof ApiError && error.code === "stale")) return;
      await client.invalidateQueries({ queryKey });
      // The observation may have moved on without anybody deciding; then the person just tries again.
      setStale(client.getQueryData(queryKey)?.review.state !== "open");
      onClose();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["alerts"] }),
  });
  return { decide, stale };
}
