import { Plus, Trash2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import { type Control, useFieldArray, useFormContext, useWatch } from "react-hook-form";
import { type ModelPrice, useEngine } from "@/lib/engine";
import { usd } from "@/lib/format";
import { Button, IconButton } from "@/ui/button";
import { Field, Input, Select, TextArea } from "@/ui/field";
import { type Draft, MESSAGE_ROLES } from "./content";

const TEXT = "field-sizing-content font-mono text-sm leading-5";

/** The fields of a version's content. They stand in a form of react-hook-form. */
export function ContentFields() {
  const { register, control, formState } = useFormContext<Draft>();
  const type = useWatch({ control, name: "type" });
  const { errors } = formState;
  return (
    <div className="flex flex-col gap-5">
      <fieldset className="flex items-center gap-4">
        <legend className="sr-only">Kind of prompt</legend>
        <TypeChoice title="Text" control={<input type="radio" value="text" {...register("type")} className="sr-only" />} />
        <TypeChoice title="Chat messages" control={<input type="radio" value="chat" {...register("type")} className="sr-only" />} />
      </fieldset>
      <SystemPrompt />
      {type === "text" ? (
        <Field label="Prompt" error={errors.template_text?.message} hint={<>Write {"{{ name }}"} where a value goes.</>}>
          {(field) => <TextArea {...field} {...register("template_text")} rows={8} className={`${TEXT} max-h-[36rem] min-h-40`} />}
        </Field>
      ) : (
        <Messages control={control} error={errors.messages?.message ?? errors.messages?.root?.message} />
      )}
      <Examples control={control} />
      <div className="grid gap-3 sm:grid-cols-[2fr_1fr_1fr]">
        <ModelField />
        <Field label="Temperature" optional error={errors.temperature?.message}>
          {(field) => <Input {...field} {...register("temperature")} inputMode="decimal" placeholder="0 – 2" className="tabular" />}
        </Field>
        <Field label="Max tokens" optional error={errors.max_tokens?.message}>
          {(field) => <Input {...field} {...register("max_tokens")} inputMode="numeric" className="tabular" />}
        </Field>
      </div>
      <Config />
    </div>
  );
}

function TypeChoice({ title, control }: { title: string; control: ReactNode }) {
  return (
    <label className="cursor-pointer rounded-md border border-transparent px-2 py-1 font-medium text-muted has-checked:border-edge/50 has-checked:bg-surface has-checked:text-ink has-focus-visible:outline-2 has-focus-visible:outline-accent">
      {control}
      {title}
    </label>
  );
}

/** Something that most prompts lack: a button until it is wanted. */
function Optional({ present, title, children }: { present: boolean; title: string; children: ReactNode }) {
  const [wanted, setWanted] = useState(false);
  if (present || wanted) return children;
  return (
    <div>
      <Button size="small" kind="quiet" icon={Plus} onClick={() => setWanted(true)} className="-ms-2">
        {title}
      </Button>
    </div>
  );
}

function SystemPrompt() {
  const { register, getValues } = useFormContext<Draft>();
  return (
    <Optional present={getValues("system_prompt") !== ""} title="System prompt">
      <Field label="System prompt" optional>
        {(field) => <TextArea {...field} {...register("system_prompt")} rows={3} className={`${TEXT} max-h-80 min-h-16`} />}
      </Field>
    </Optional>
  );
}

function Config() {
  const { register, getValues, formState } = useFormContext<Draft>();
  return (
    <Optional present={getValues("config") !== ""} title="Configuration">
      <Field label="Configuration" optional hint="A JSON object that your code gets with the prompt. Chat heeds top_p and stop." error={formState.errors.config?.message}>
        {(field) => <TextArea {...field} {...register("config")} dir="ltr" rows={3} placeholder="{}" className={`${TEXT} max-h-80 min-h-16`} />}
      </Field>
    </Optional>
  );
}

function Messages({ control, error }: { control: Control<Draft>; error: string | undefined }) {
  const { register } = useFormContext<Draft>();
  const { fields, append, remove } = useFieldArray({ control, name: "messages" });
  return (
    <section aria-label="Messages" className="flex flex-col gap-3">
      {fields.map((field, index) => (
        <div key={field.id} className="card p-2">
          <div className="mb-1.5 flex items-center gap-2">
            <Select aria-label={`Role of message ${index + 1}`} {...register(`messages.${index}.role`)} className="w-auto!">
              {MESSAGE_ROLES.map((role) => (
                <option key={role}>{role}</option>
              ))}
            </Select>
            <IconButton label={`Remove message ${index + 1}`} icon={Trash2} onClick={() => remove(index)} className="ms-auto" />
          </div>
          <TextArea aria-label={`Message ${index + 1}`} {...register(`messages.${index}.content`)} rows={3} className={`${TEXT} max-h-96 min-h-20`} />
        </div>
      ))}
      {error && (
        <p role="alert" className="text-sm text-bad">
          {error}
        </p>
      )}
      <div>
        <Button size="small" icon={Plus} onClick={() => append({ role: "user", content: "" })}>
          Message
        </Button>
      </div>
    </section>
  );
}

function Examples({ control }: { control: Control<Draft> }) {
  const { register } = useFormContext<Draft>();
  const { fields, append, remove } = useFieldArray({ control, name: "few_shot_examples" });
  return (
    <section aria-label="Examples" className="flex flex-col gap-3">
      {fields.map((field, index) => (
        <div key={field.id} className="card flex flex-col gap-2 p-2">
          <div className="flex items-center justify-between">
            <span className="ps-1 text-sm font-medium">Example {index + 1}</span>
            <IconButton label={`Remove example ${index + 1}`} icon={Trash2} onClick={() => remove(index)} />
          </div>
          <TextArea aria-label={`What a user says in example ${index + 1}`} placeholder="A user says" {...register(`few_shot_examples.${index}.input`)} rows={2} className={`${TEXT} min-h-14`} />
          <TextArea aria-label={`What the model answers in example ${index + 1}`} placeholder="The model answers" {...register(`few_shot_examples.${index}.output`)} rows={2} className={`${TEXT} min-h-14`} />
        </div>
      ))}
      <div>
        <Button size="small" kind="quiet" icon={Plus} onClick={() => append({ input: "", output: "" })} className="-ms-2">
          Example
        </Button>
      </div>
    </section>
  );
}

/** Models that many use, offered first; any other can be typed. */
const isCommon = ({ id }: ModelPrice): boolean => !id.includes("/") && !/\d{4}-?\d{2}-?\d{2}|preview|audio|realtime|search|image/.test(id);

function ModelField() {
  const { register, control, formState } = useFormContext<Draft>();
  const engine = useEngine();
  const model = useWatch({ control, name: "model_id" });
  const models = engine?.models() ?? [];
  const price = models.find(({ id }) => id === model);
  const hint = price ? `${usd(price.input_usd_per_mtok)} in, ${usd(price.output_usd_per_mtok)} out per million tokens` : model === "offline" ? "Built in: answers without a provider." : undefined;
  return (
    <Field label="Model" hint={hint} error={formState.errors.model_id?.message}>
      {(field) => (
        <>
          <Input {...field} {...register("model_id")} list={`${field.id}-models`} className="font-mono text-sm" />
          <datalist id={`${field.id}-models`}>
            <option value="offline">built in</option>
            {models.filter(isCommon).map(({ id }) => (
              <option key={id} value={id}>
                {id}
              </option>
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}
