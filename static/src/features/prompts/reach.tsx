import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { Environment, Prompt } from "@/api/types";
import { paths } from "@/paths";
import { Notice } from "@/ui/badge";
import { ongoingExperimentQuery } from "./queries";

/** Whom it reaches when something is made live: nobody yet, while an experiment decides what everybody gets there. */
export function useReach(prompt: Prompt, environment: Environment | ""): { consequence: string; notice: ReactNode } {
  const { data: experiment } = useQuery({ ...ongoingExperimentQuery(prompt.id, environment || "production"), enabled: environment !== "" });
  if (!experiment) return { consequence: `Affects 100 % of ${environment} traffic within 5 s.`, notice: null };
  return {
    consequence: "Reaches users when the experiment has ended.",
    notice: (
      <Notice tone="warn">
        An experiment decides what {environment} gets:{" "}
        <Link to={paths.experiment(experiment.experiment_id)} className="font-medium underline">
          {experiment.name || prompt.name}
        </Link>
        . Until it is stopped, its users keep their variants and everybody else its control, also while it is paused or killed.
      </Notice>
    ),
  };
}
