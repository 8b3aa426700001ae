import type { ReactNode } from "react";

/** A page that is one column under a heading. */
export function PageFrame({ title, actions, children }: { title: string; actions?: ReactNode; children: ReactNode }) {
  return (
    <main className="flex h-full min-w-0 flex-1 flex-col bg-surface">
      <header className="flex min-h-14 flex-wrap items-center gap-x-3 gap-y-2 border-line border-b px-6 py-2 max-md:px-4">
        <h1 className="flex-1 text-16">{title}</h1>
        {actions}
      </header>
      {children}
    </main>
  );
}
