import type { ReactNode } from "react";

export function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="grid gap-4 rounded-l border border-line bg-surface p-5">
      <h2 className="text-14">{title}</h2>
      {children}
    </section>
  );
}

export function Facts({ facts }: { facts: { label: string; value: ReactNode }[] }) {
  return (
    <dl className="grid grid-cols-[minmax(110px,160px)_minmax(0,1fr)] gap-x-3 gap-y-1.5">
      {facts.map((fact) => (
        <div key={fact.label} className="contents">
          <dt className="text-text-2">{fact.label}</dt>
          <dd className="min-w-0 break-words">{fact.value}</dd>
        </div>
      ))}
    </dl>
  );
}
